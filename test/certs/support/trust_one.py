"""Fetches a URL and trusts one certificate only: python3 trust_one.py URL CERTIFICATE [any-name]"""
import ssl
import sys
import urllib.request

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
context.load_verify_locations(sys.argv[2])
# Only for a certificate made out to "*": no host has that name, the certificate itself is the identity.
context.check_hostname = len(sys.argv) < 4
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
print(opener.open(sys.argv[1], timeout=20).read().decode(), end="")
