"""Calls every operation of a CodeArtifact with boto3, and holds each raw answer to the service model that botocore has.

Reads {"endpoint", "key", "secret", "reader", "operations"} from stdin; writes {"findings", "judged", "errors"} to stdout.
"""
import base64
import gzip
import io
import json
import re
import sys
import tarfile
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

settings = json.load(sys.stdin)
findings = []
judged = {}
errors = {}

# What AWS's services have in common, in no service's model: https://docs.aws.amazon.com/codeartifact/latest/APIReference/CommonErrors.html
COMMON = {
    "ExpiredTokenException": 403,
    "InvalidSignatureException": 403,
    "IncompleteSignatureException": 403,
    "MissingAuthenticationTokenException": 403,
    "UnrecognizedClientException": 403,
    "UnknownOperationException": 404,
}


def check(where, shape, value):
    """Whether a value of a JSON document is one of that shape."""
    kind = shape.type_name
    if value is None:
        return findings.append(f"{where} is null, which AWS leaves out")
    if kind == "structure":
        return check_members(where, shape, value)
    if kind == "list":
        if not isinstance(value, list):
            return findings.append(f"{where} is no list: {value!r}")
        for index, item in enumerate(value):
            check(f"{where}[{index}]", shape.member, item)
        return None
    if kind == "map":
        if not isinstance(value, dict):
            return findings.append(f"{where} is no map: {value!r}")
        for key, item in value.items():
            check(f"{where} key", shape.key, key)
            check(f"{where}.{key}", shape.value, item)
        return None
    types = {"string": str, "integer": int, "long": int, "boolean": bool, "timestamp": (int, float), "float": float}
    if not isinstance(value, types[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return findings.append(f"{where} is {value!r}, which is no {kind}")
    if kind == "timestamp" and not 1e9 < value < 1e10:
        findings.append(f"{where} is {value!r}, which are no seconds since 1970")
    if kind == "string":
        if shape.enum and value not in shape.enum:
            findings.append(f"{where} is {value!r}, which is none of {shape.enum}")
        limits = shape.metadata
        if not limits.get("min", 0) <= len(value) <= limits.get("max", 1e9):
            findings.append(f"{where} has {len(value)} characters")
        if "pattern" in limits and not re.fullmatch(python_pattern(limits["pattern"]), value):
            findings.append(f"{where} is {value!r}, which does not match {limits['pattern']}")
    return None


def python_pattern(pattern):
    """Java's classes of characters, as far as this service's model has them."""
    java = {r"[\P{C}\s]": r"[\s\S]", r"\P{C}": r"[^\x00-\x1f\x7f]", r"\p{L}": "A-Za-z", r"\p{N}": "0-9", r"\p{Z}": " "}
    for theirs, ours in java.items():
        pattern = pattern.replace(theirs, ours)
    return pattern


def check_members(where, shape, value, ignored=()):
    if not isinstance(value, dict):
        return findings.append(f"{where} is no structure: {value!r}")
    in_body = {name: member for name, member in shape.members.items() if "location" not in member.serialization}
    names = {member.serialization.get("name", name): name for name, member in in_body.items()}
    for key, item in value.items():
        if key in names:
            check(f"{where}.{key}", in_body[names[key]], item)
        elif key not in ignored:
            findings.append(f"{where} has the unknown member {key!r}")
    for key, name in names.items():
        if name in shape.required_members and key not in value:
            findings.append(f"{where} lacks the member {key!r}")
    return None


def client(key=None, secret=None):
    made = boto3.client(
        "codeartifact",
        endpoint_url=settings["endpoint"],
        region_name="us-east-1",
        aws_access_key_id=key or settings["key"],
        aws_secret_access_key=secret or settings["secret"],
        config=Config(retries={"max_attempts": 1}, parameter_validation=False),
    )
    made.meta.events.register("after-call.codeartifact", judge)
    return made


def judge(http_response, model, **_):
    operation = model.name
    status, headers = http_response.status_code, http_response.headers
    if not headers.get("content-type", "").startswith("application/json"):
        findings.append(f"{operation} answers in {headers.get('content-type')}")
    if not headers.get("x-amzn-requestid"):
        findings.append(f"{operation} answers without a request id")
    document = json.loads(http_response.content)
    if status == 200:
        judged[operation] = judged.get(operation, 0) + 1
        return check_members(operation, model.output_shape, document)
    kind = headers.get("x-amzn-errortype", "")
    where = f"{operation} {kind}"
    errors.setdefault(kind, []).append(operation)
    shape = next((each for each in model.error_shapes if each.name == kind), None)
    if shape is None:
        expected = COMMON.get(kind)
        if expected is None:
            findings.append(f"{where} is no error of the operation, nor one of all services'")
        elif set(document) - {"message", "reason"} or not isinstance(document.get("message"), str):
            findings.append(f"{where} has the members {sorted(document)}")
    else:
        expected = shape.metadata["error"]["httpStatusCode"]
        check_members(where, shape, document)
        for name, member in shape.members.items():
            header = member.serialization.get("location") == "header" and member.serialization["name"]
            if header and not re.fullmatch(r"\d+", headers.get(header, "0")):
                findings.append(f"{where} has {header}: {headers.get(header)}")
    if status != expected:
        findings.append(f"{where} has the status {status}, not {expected}")
    return None


def fails(name, call, **arguments):
    try:
        call(**arguments)
        findings.append(f"{call.__name__} {arguments} succeeds, where {name} is expected")
    except ClientError as error:
        said = error.response["Error"]["Code"]
        if said != name:
            findings.append(f"{call.__name__} {arguments} raises {said}, not {name}")


def retain(api):
    """Installs a package of the outside, as pip would."""
    token = api.get_authorization_token(**D)["authorizationToken"]
    endpoint = api.get_repository_endpoint(**R, format="pypi")["repositoryEndpoint"]
    basic = base64.b64encode(f"aws:{token}".encode()).decode()
    path = "simple/outside/1.0/outside-1.0-py3-none-any.whl"
    request = urllib.request.Request(endpoint + path, headers={"Authorization": f"Basic {basic}"})
    urllib.request.urlopen(request).read()


def publish(api, name, version, **manifest):
    token = api.get_authorization_token(**D)["authorizationToken"]
    endpoint = api.get_repository_endpoint(**R, format="npm")["repositoryEndpoint"]
    about = json.dumps({"name": name, "version": version, **manifest}).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("package/package.json")
        entry.size = len(about)
        archive.addfile(entry, io.BytesIO(about))
    data = base64.b64encode(gzip.compress(packed.getvalue())).decode()
    attachment = {"content_type": "application/octet-stream", "data": data}
    document = {"name": name, "versions": {version: json.loads(about)}, "_attachments": {"a.tgz": attachment}}
    request = urllib.request.Request(
        endpoint + name.replace("/", "%2f"),
        method="PUT",
        data=json.dumps(document).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request).close()


D = {"domain": "judged"}
R = {**D, "repository": "team"}
STORE = {**D, "repository": "store"}
NPM = {**R, "format": "npm", "namespace": "acme", "package": "own"}
PYPI = {**R, "format": "pypi", "package": "acme-core"}
OPEN = {"publish": "ALLOW", "upstream": "BLOCK"}
TAGS = [{"key": "team", "value": "tools"}, {"key": "empty", "value": ""}]
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "codeartifact:ReadFromRepository", "Resource": "*"}]})


def succeed(api):
    domain = api.create_domain(**D, tags=TAGS)["domain"]
    api.create_domain(domain="keyed", encryptionKey="arn:aws:kms:us-east-1:123456789012:key/11112222-3333-4444-5555-666677778888")
    api.create_repository(**STORE, description="what comes from outside")
    team = api.create_repository(**R, upstreams=[{"repositoryName": "store"}], tags=TAGS)["repository"]
    api.associate_external_connection(**STORE, externalConnection="public:pypi")
    api.update_repository(**R, description="the team's", upstreams=[{"repositoryName": "store"}])
    api.describe_domain(**D)
    api.describe_domain(domain="keyed")
    api.describe_repository(**R)
    api.describe_repository(**STORE)
    page = api.list_domains(maxResults=1)
    api.list_domains(nextToken=page["nextToken"])
    page = api.list_repositories(maxResults=1)
    api.list_repositories(nextToken=page["nextToken"])
    api.list_repositories_in_domain(**D, repositoryPrefix="te")
    for kind in ("pypi", "npm", "maven", "nuget", "generic", "ruby", "swift", "cargo"):
        api.get_repository_endpoint(**R, format=kind)
    api.get_authorization_token(**D, durationSeconds=0)
    for what, name in ((R, "repository"), (D, "domain")):
        put, get, drop = (getattr(api, f"{verb}_{name}_permissions_policy") for verb in ("put", "get", "delete"))
        revision = put(**what, policyDocument=POLICY)["policy"]["revision"]
        get(**what)
        drop(**what, policyRevision=revision)
    for arn in (domain["arn"], team["arn"]):
        api.tag_resource(resourceArn=arn, tags=[{"key": "more", "value": "v"}])
        api.list_tags_for_resource(resourceArn=arn)
        api.untag_resource(resourceArn=arn, tagKeys=["more", "team"])
    publish(api, "@acme/own", "1.0.0", description="ours", license="MIT", homepage="https://example.org/own")
    publish(api, "@acme/own", "1.1.0")
    publish(api, "plain", "2.0.0-rc.1")
    api.put_package_origin_configuration(**PYPI, restrictions=OPEN)
    retain(api)
    outside = {**R, "format": "pypi", "package": "outside"}
    origin = api.describe_package_version(**outside, packageVersion="1.0")["packageVersion"]["origin"]
    if origin != {"domainEntryPoint": {"repositoryName": "store", "externalConnectionName": "public:pypi"}, "originType": "EXTERNAL"}:
        findings.append(f"a version from outside has the origin {origin}")
    api.list_package_versions(**outside)
    api.list_package_version_assets(**outside, packageVersion="1.0", maxResults=1)
    page = api.list_packages(**R, maxResults=1)
    api.list_packages(**R, nextToken=page["nextToken"], format="npm", upstream="BLOCK")
    api.describe_package(**NPM)
    api.describe_package(**PYPI)
    page = api.list_package_versions(**NPM, maxResults=1, status="Published", sortBy="PUBLISHED_TIME", originType="INTERNAL")
    api.list_package_versions(**NPM, nextToken=page["nextToken"], status="Published", sortBy="PUBLISHED_TIME", originType="INTERNAL")
    api.list_package_versions(**R, format="npm", package="plain")
    api.list_package_versions(**PYPI)
    api.describe_package_version(**NPM, packageVersion="1.0.0")
    api.describe_package_version(**R, format="npm", package="plain", packageVersion="2.0.0-rc.1")
    api.list_package_version_assets(**NPM, packageVersion="1.0.0")
    api.delete_package_versions(**NPM, versions=["1.0.0", "9.9.9"], expectedStatus="Published")
    api.delete_package_versions(**NPM, versions=["1.1.0"], expectedStatus="Archived")
    api.delete_package(**NPM)


def fail(api):
    missing = {**D, "repository": "missing"}
    fails("ResourceNotFoundException", api.describe_domain, domain="missing")
    fails("ResourceNotFoundException", api.describe_repository, **missing)
    fails("ResourceNotFoundException", api.describe_package, **NPM)
    fails("ResourceNotFoundException", api.list_package_versions, **NPM)
    fails("ResourceNotFoundException", api.describe_package_version, **NPM, packageVersion="1.0.0")
    fails("ResourceNotFoundException", api.list_package_version_assets, **NPM, packageVersion="1.0.0")
    fails("ResourceNotFoundException", api.get_repository_permissions_policy, **R)
    fails("ResourceNotFoundException", api.get_domain_permissions_policy, **D)
    fails("ResourceNotFoundException", api.list_tags_for_resource, resourceArn="arn:aws:codeartifact:us-east-1:123456789012:domain/missing")
    fails("ResourceNotFoundException", api.get_authorization_token, domain="missing")
    fails("ConflictException", api.create_domain, **D)
    fails("ConflictException", api.delete_domain, **D)
    fails("ConflictException", api.create_repository, **R)
    fails("ConflictException", api.associate_external_connection, **STORE, externalConnection="public:pypi")
    fails("ConflictException", api.put_domain_permissions_policy, **D, policyDocument=POLICY, policyRevision="c3RhbGU=")
    fails("ValidationException", api.create_domain, domain="Not A Name")
    fails("ValidationException", api.create_repository, **D, repository="-")
    fails("ValidationException", api.list_domains, maxResults=0)
    fails("ValidationException", api.list_repositories, nextToken="AAAA")
    fails("ValidationException", api.get_repository_endpoint, **R, format="deb")
    fails("ValidationException", api.get_authorization_token, **D, durationSeconds=1)
    fails("ValidationException", api.put_package_origin_configuration, **PYPI, restrictions={"publish": "MAYBE", "upstream": "BLOCK"})
    fails("ValidationException", api.put_repository_permissions_policy, **R, policyDocument="{")
    fails("ValidationException", api.delete_package_versions, **R, format="npm", package="plain", versions=[])
    fails("ServiceQuotaExceededException", lambda **more: [api.create_domain(domain=f"many-{index}", **more) for index in range(11)])
    fails("InvalidSignatureException", client(secret="x" * 40).list_domains)
    fails("UnrecognizedClientException", client(key="AKIANOBODYNOBODY2345").list_domains)
    reader = client(*settings["reader"])
    reader.list_domains()
    fails("AccessDeniedException", reader.create_domain, domain="not-mine")
    # The operations that this server does not have.
    fails("UnknownOperationException", api.list_package_groups, **D)
    fails("ThrottlingException", lambda **more: [api.get_authorization_token(**D, **more) for _ in range(400)])


def clean(api):
    api.disassociate_external_connection(**STORE, externalConnection="public:pypi")
    for repository in (R, STORE):
        api.delete_repository(**repository)
    api.delete_domain(**D)


main = client()
for part in (succeed, fail, clean):
    try:
        part(main)
    except ClientError as error:
        findings.append(f"{part.__name__}: {error}")
findings += [f"{each} was not judged" for each in settings["operations"] if each not in judged]
json.dump({"findings": findings, "judged": judged, "errors": errors}, sys.stdout)
