"""Validate RO-Crates without network: `python validate_crate.py CONTEXT FOLDER...` prints what is wrong with each.

The validator asks for the JSON-LD context of RO-Crate 1.3; the package rocrate brings it along, as the file CONTEXT.
"""

import sys
from pathlib import Path

import requests
from rocrate_validator import models, services
from rocrate_validator.utils.http import HttpRequester

ADDRESS = "https://w3id.org/ro/crate/1.3/context"


def answer(session, method: str, url: str, **_) -> requests.Response:
    assert url == ADDRESS, f"the crate needs {url}"
    response = requests.Response()
    response.status_code, response.url = 200, url
    response.headers["Content-Type"] = "application/ld+json"
    response._content = Path(sys.argv[1]).read_bytes()
    return response


requests.Session.request = answer
HttpRequester.initialize_cache(no_cache=True)
for folder in sys.argv[2:]:
    settings = services.ValidationSettings(
        rocrate_uri=folder,
        profile_identifier="ro-crate-1.3",
        requirement_severity=models.Severity.REQUIRED,
        no_cache=True,
    )
    print(folder, *(issue.message for issue in services.validate(settings).get_issues()), sep="\t")
