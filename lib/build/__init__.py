"""What has to run, and running it: pages and parameters, results by what they were made from, executed notebooks."""
