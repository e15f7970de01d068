"""Stands in for Apyfal 1.2.7 where that is not installed: the same requests in the same order, through the same library.

As there, a host that exists is no cloud's, so that the certificate is not an argument but lies in ~/.ssh.
"""

import json
import os
import shutil

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


def on_host(path):
    return isinstance(path, str) and "://" in path


class Accelerator:
    def __init__(self, accelerator, host_ip, ssl_cert_crt=None):
        self._url = host_ip
        self._configuration = None
        self._stopped = False
        self._session = requests.Session()
        certificate = os.path.expanduser("~/.ssh/ApyfalCertificate.crt")
        if os.path.exists(certificate):
            self._session.verify = certificate
            self._session.mount("https://", AnyNameAdapter(max_retries=3))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self._stopped:
            self.stop()

    def start(self, src=None, info_dict=None):
        env = {"apyfal_version": "1.2.7", "client_secret": "s"}
        fields = {"parameters": (None, self._parameters({}, env))}
        posted = checked(self._send("/v1.0/configuration/", fields, "src", src))
        read = checked(self._session.get(self._url + "/v1.0/configuration/" + str(posted["id"])))
        self._configuration = read["url"]
        (info_dict if info_dict is not None else {}).update(posted["parametersresult"])

    def process(self, src=None, dst=None, info_dict=None):
        specific = {name: path for name, path in (("src", src), ("dst", dst)) if on_host(path)}
        fields = {
            "parameters": (None, self._parameters(specific, {})),
            "configuration": (None, self._configuration),
        }
        posted = checked(self._send("/v1.0/process/", fields, "src", None if on_host(src) else src))
        process = self._url + "/v1.0/process/" + str(posted["id"])
        try:
            document = checked(self._session.get(process))
            while not document["processed"]:
                document = checked(self._session.get(process))
            if dst is not None and not on_host(dst):
                response = self._session.get(document["datafileresult"], stream=True)
                with open(dst, "wb") as destination:
                    shutil.copyfileobj(response.raw, destination)
        finally:
            assert self._session.delete(process).status_code == 204
        specific = document["parametersresult"]["app"].pop("specific")
        (info_dict if info_dict is not None else {}).update(document["parametersresult"])
        return specific

    def stop(self, info_dict=None):
        self._stopped = True
        requests.get(self._url, verify=False, timeout=2.0).raise_for_status()
        (info_dict if info_dict is not None else {}).update(self._session.get(self._url + "/v1.0/stop/").json())

    def _parameters(self, specific, env):
        return json.dumps({"app": {"reset": False, "reload": True, "specific": specific}, "env": env})

    def _send(self, path, fields, name, src):
        if src is None:
            return self._session.post(self._url + path, files=fields)
        with open(src, "rb") as source:
            form = {**fields, "datafile": (name, source, "application/octet-stream")}
            return self._session.post(self._url + path, files=form)
