"""Writes signatures.tsv: signatures by Python's hmac, which shares nothing with the Rust code.

    python3 webhook/tests/signatures.py > webhook/tests/signatures.tsv
"""

import base64
import hashlib
import hmac
import random

random.seed(20260102)
CHARACTERS = [
    "abcXYZ019 ",
    '"\\/{}[]:,',
    "\u0000\u0001\u001f\u007f",
    "\r\n\t",
    "äöüß",
    "\u2028\u2029\ufeff\u202e",
    "警報",
    "🚨👩‍🚒",
]
SECRET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="


def field(data: bytes) -> str:
    return base64.b64encode(data).decode()


print("# secret, timestamp, body, signature, each in base64; written by signatures.py")
for i in range(1000):
    secret = "".join(random.choice(SECRET) for _ in range(random.choice([1, 32, 44, 64, 65, 90])))
    timestamp = f"2026-{random.randint(1, 12):02}-{random.randint(1, 28):02}T03:04:{i % 60:02}.{i:03}Z"
    body = "".join(
        random.choice(random.choice(CHARACTERS)) for _ in range(random.choice([0, 1, 20, 40, 63, 64]))
    ).encode()
    mac = hmac.new(secret.encode(), f"{timestamp}:".encode() + body, hashlib.sha256)
    print("\t".join(field(it) for it in [secret.encode(), timestamp.encode(), body, mac.digest()]))
