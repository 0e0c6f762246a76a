"""S3 by moto on loopback, with authorization: every signature is checked. Serves until standard input ends.

Writes one line: `ready ` and a JSON object with endpoint, bucket, key, secret, and the key of a user without rights.
"""
import json
import logging
import os
import sys
import threading

os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "1000000"
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_SESSION_TOKEN"):
    os.environ.pop(name, None)
logging.getLogger("werkzeug").setLevel(logging.ERROR)

import boto3  # noqa: E402
import urllib.request  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

# S3 decides and writes in one step where a request says If-None-Match or If-Match; moto decides, and another thread may write before it does.
conditional = threading.Lock()
dispatch = DomainDispatcherApplication.__call__


def one_at_a_time(application, environ, start_response):
    if "HTTP_IF_NONE_MATCH" not in environ and "HTTP_IF_MATCH" not in environ:
        return dispatch(application, environ, start_response)
    with conditional:
        return dispatch(application, environ, start_response)


DomainDispatcherApplication.__call__ = one_at_a_time

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
endpoint = f"http://127.0.0.1:{port}"


def client(service):
    return boto3.client(
        service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any")


def user(name, actions):
    iam = client("iam")
    iam.create_user(UserName=name)
    if actions:
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        iam.put_user_policy(UserName=name, PolicyName="objects", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}


writer = user("writer", ["s3:*"])
stranger = user("stranger", ["iam:GetUser"])
client("s3").create_bucket(Bucket="study-raw")
urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"}, method="POST")).read()
print("ready " + json.dumps({"endpoint": endpoint, "bucket": "study-raw", "writer": writer, "stranger": stranger}), flush=True)
sys.stdin.read()
os._exit(0)
