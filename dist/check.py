"""Tries an archive as somebody does who has nothing else: from the archive to the first incident, timed.

    check.py ARCHIVE LOCAL_AWS

In an empty directory, with an empty search path for programs, against the local AWS that `make demo` uses. The receiver is
this process; it checks signatures.
"""

import base64
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import platform
import queue
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
REGION = "eu-central-1"
SECRET = base64.b64encode(os.urandom(32)).decode()
ALARM = {
    "source": "aws.cloudwatch",
    "alarmArn": f"arn:aws:cloudwatch:{REGION}:000000000000:alarm:tocsin-first-latency",
    "accountId": "000000000000",
    "region": REGION,
    "alarmData": {
        "alarmName": "tocsin-first-latency",
        "state": {"value": "ALARM", "reason": "1 datapoint was over the threshold"},
        "previousState": {"value": "OK"},
        "configuration": {"description": "[CRITICAL] The first incident"},
    },
}
incidents: "queue.Queue[dict]" = queue.Queue()


def next_incident(seconds: int, what: str) -> dict:
    try:
        return incidents.get(timeout=seconds)
    except queue.Empty:
        sys.exit(f"{what} did not arrive within {seconds} seconds")


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        signed = self.headers["x-amzn-event-timestamp"].encode() + b":" + body
        expected = base64.b64encode(hmac.digest(SECRET.encode(), signed, "sha256")).decode()
        verified = hmac.compare_digest(expected, self.headers["x-amzn-event-signature"])
        answer = b'{"message":"Webhook received"}' if verified else b'{"message":"Forbidden"}'
        self.send_response(200 if verified else 403)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        if verified:
            incidents.put(json.loads(body))

    def log_message(self, *_):
        pass


def free_port() -> int:
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def main(archive: pathlib.Path, local_aws: pathlib.Path) -> None:
    begin = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - begin:6.1f} s  {text}", flush=True)

    with tempfile.TemporaryDirectory() as scratch:
        directory = pathlib.Path(scratch)
        receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{free_port()}"
        environment = {
            "PATH": "/nowhere", "HOME": scratch, "TMPDIR": scratch, "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION,
        }
        served = {
            **environment, "PATH": "/usr/local/bin:/usr/bin:/bin", "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": endpoint.rsplit(":", 1)[1], "SFTP_ENABLED": "0", "IOT_MTLS_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local", "AWS_DEFAULT_REGION": REGION, "MINISTACK_REGION": REGION,
        }
        aws = subprocess.Popen(
            [local_aws / "bin/python", "-c", (ROOT / "demo/local-aws/serve.py").read_text()],
            env=served, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(endpoint, timeout=1).close()
                except urllib.error.HTTPError:
                    break
                except OSError:
                    time.sleep(0.1)
                else:
                    break
            else:
                sys.exit("the local AWS did not start")
            begin = time.monotonic()
            with tarfile.open(archive) as tar:
                tar.extractall(directory, filter="data")
            [unpacked] = [it for it in directory.iterdir() if it.name.startswith("tocsin-")]
            empty = directory / "empty"
            empty.mkdir()
            say(f"unpacked: {', '.join(sorted(it.name for it in unpacked.iterdir()))}")

            def synth(*arguments: str, given: str = "") -> str:
                ended = subprocess.run(
                    [unpacked / "synth", *arguments],
                    cwd=empty, env=environment, input=given, capture_output=True, text=True,
                )
                if ended.returncode != 0:
                    sys.exit(f"synth {' '.join(arguments)}: exit {ended.returncode}\n{ended.stderr}{ended.stdout}")
                return ended.stdout + ended.stderr

            synth("init", "--account", "first")
            assert (empty / "config.schema.json").exists(), "there is no schema beside the account file"
            say("synth init")
            machine = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
            (empty / "accounts/first.yaml").write_text(
                "# yaml-language-server: $schema=../config.schema.json\n"
                f'name: first\naccount: "000000000000"\nregions: [{REGION}]\narchitecture: {machine}\n'
                "clusters: [demo]\nops-topic: ops\ngroup-wait: 5 seconds\nwebhook: {loopback-http: true}\n"
            )
            synth("deploy", "--account", "first", "--yes")
            say("synth deploy")
            url = f"http://127.0.0.1:{receiver.server_port}/webhook"
            synth("webhook", "set", "--account", "first", given=json.dumps({"url": url, "secret": SECRET}))
            shown = synth("webhook", "test", "--yes", "--account", "first")
            assert "delivered (HTTP 200)" in shown, shown
            next_incident(30, "the test of the webhook")
            say("synth webhook test: delivered")
            outputs = json.loads(synth("deploy", "--account", "first", "--yes", "--json").split("\n]")[0] + "\n]")
            function = outputs[0]["outputs"]["AlarmFunction"]
            event = json.dumps({**ALARM, "time": time.strftime("%Y-%m-%dT%H:%M:%S.000+0000", time.gmtime())})
            urllib.request.urlopen(urllib.request.Request(
                f"{endpoint}/2015-03-31/functions/{function}/invocations", data=event.encode(),
                headers={"authorization": f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/lambda/aws4_request"},
            )).close()
            incident = next_incident(60, "the incident")
            say(f"received: {incident['priority']} {incident['title']}")
            left = sorted(str(it.relative_to(empty)) for it in empty.rglob("*") if it.is_file())
            assert left == ["accounts/first.yaml", "config.schema.json"], left
            synth("destroy", "--account", "first", "--yes")
            say("synth destroy")
        finally:
            aws.stdin.close()
            aws.wait(timeout=10)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve())
