"""What follows its author: one page (`page`), or the whole site (`site`), made again whenever something is saved."""
