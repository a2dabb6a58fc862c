"""boto3 with a role that it assumes, and a call that is signed with the role's credentials."""

import datetime
import os
from pathlib import Path

import boto3
import botocore.credentials

# The clock that botocore's credentials are compared with, on another day.
now = botocore.credentials._local_now
botocore.credentials._local_now = lambda: now() + datetime.timedelta(days=int(os.environ["FLOW_DAYS"]))

config = Path(os.environ["HOME"]) / "aws-config"
config.write_text("""[profile flow]
role_arn = arn:aws:iam::123456789012:role/flow
role_session_name = flow
credential_source = Environment
""")
os.environ |= {"AWS_CONFIG_FILE": str(config), "AWS_EC2_METADATA_DISABLED": "true"}
bedrock = boto3.Session(profile_name="flow", region_name="us-east-1").client("bedrock-runtime")
answer = bedrock.converse(modelId="flow", messages=[{"role": "user", "content": [{"text": "Say hi"}]}])
print(answer["output"]["message"]["content"][0]["text"])
