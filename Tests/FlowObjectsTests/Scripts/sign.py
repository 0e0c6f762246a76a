"""Signs requests as botocore does. Reads a JSON object a line and writes the value of the field Authorization a line."""
import datetime
import json
import sys

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.utils import percent_encode


class Signer(botocore.auth.S3SigV4Auth):
    def _should_sha256_sign_payload(self, request):
        return True


for line in sys.stdin:
    case = json.loads(line)
    when = datetime.datetime.fromtimestamp(case["seconds"], datetime.timezone.utc).replace(tzinfo=None)
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True, when=when: when
    path = percent_encode(case["key"], safe="/~")
    request = AWSRequest(
        method=case["method"], url=f"https://{case['host']}/{path}", headers=dict(case["headers"]), params=dict(case["query"]),
        data=case["body"].encode())
    Signer(Credentials(case["access_key"], case["secret_key"], case.get("token")), "s3", case["region"]).add_auth(request)
    print(request.headers["Authorization"])
