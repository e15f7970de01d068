"""Asks an agent what Apyfal's RESTClient asks, through the same library: argv is URL, certificate and folder."""

import json
import shutil
import sys

import requests
from requests.adapters import HTTPAdapter


class AnyNameAdapter(HTTPAdapter):
    """Checks the certificate, and no name in it."""

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, assert_hostname=False, **kwargs)


def checked(response):
    response.raise_for_status()
    document = response.json()
    assert document.get("inerror", True) is False, response.text
    return document


def main(url, certificate, folder):
    session = requests.Session()
    session.verify = certificate
    session.mount("https://", AnyNameAdapter(max_retries=3))

    assert session.get(url + "/v1.0/configuration/").json()["results"] == []

    app = {"reset": False, "reload": True, "specific": {"level": 3}}
    parameters = json.dumps({"app": app, "env": {"apyfal_version": "1.2.7", "client_secret": "s"}})
    with open(folder + "/src", "rb") as source:
        form = {"parameters": (None, parameters), "datafile": ("src", source, "application/octet-stream")}
        configured = checked(session.post(url + "/v1.0/configuration/", files=form))
    result = configured["parametersresult"]
    assert result["app"]["status"] == 0
    result["url_config"] = checked(session.get(url + "/v1.0/configuration/" + str(configured["id"])))["url"]

    with open(folder + "/src", "rb") as source:
        form = {
            "parameters": (None, json.dumps({"app": {"specific": {}}})),
            "configuration": (None, result["url_config"]),
            "datafile": ("file_in", source, "application/octet-stream"),
        }
        process = url + "/v1.0/process/" + str(checked(session.post(url + "/v1.0/process/", files=form))["id"])
    try:
        document = checked(session.get(process))
        while not document["processed"]:
            document = checked(session.get(process))
        response = session.get(document["datafileresult"], stream=True)
        with open(folder + "/dst", "wb") as destination:
            shutil.copyfileobj(response.raw, destination)
    finally:
        assert session.delete(process).status_code == 204

    requests.get(url, verify=False, timeout=2.0).raise_for_status()
    print(json.dumps([document["parametersresult"]["app"], session.get(url + "/v1.0/stop/").json()["app"]]))


if __name__ == "__main__":
    main(*sys.argv[1:])
