"""Runs code in a fresh kernel through the server's REST and websocket API. Arguments: kernel name, JSON list of steps
({code, interrupt}). Prints a JSON list of {text, error}. Runs inside the container, with the server's own Python."""

import asyncio
import json
import sys
import urllib.request
import uuid

from tornado.websocket import websocket_connect

ORIGIN = "127.0.0.1:8888"
TOKEN = "t0ken"


def post(path, body=None):
    request = urllib.request.Request(
        f"http://{ORIGIN}/{path}", json.dumps(body or {}).encode(), {"Authorization": f"token {TOKEN}"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"null")


async def run(socket, kernel, step):
    message = uuid.uuid4().hex
    header = {"msg_id": message, "username": "t", "session": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3"}
    content = {"code": step["code"], "silent": False, "store_history": False, "allow_stdin": False}
    await socket.write_message(
        json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"})
    )
    text, error, interrupted = "", None, False
    while True:
        answer = json.loads(await asyncio.wait_for(socket.read_message(), 60))
        if answer["parent_header"].get("msg_id") != message:
            continue
        kind, said = answer["msg_type"], answer["content"]
        if kind == "stream":
            text += said["text"]
            if step.get("interrupt") and not interrupted:
                interrupted = True
                await asyncio.get_running_loop().run_in_executor(None, post, f"api/kernels/{kernel}/interrupt")
        elif kind == "error":
            error = said["ename"]
        elif kind == "status" and said["execution_state"] == "idle":
            return {"text": text, "error": error}


async def main():
    kernel = post("api/kernels", {"name": sys.argv[1]} if sys.argv[1] else {})["id"]
    socket = await websocket_connect(f"ws://{ORIGIN}/api/kernels/{kernel}/channels?token={TOKEN}")
    print(json.dumps([await run(socket, kernel, step) for step in json.loads(sys.argv[2])]))


asyncio.run(main())
