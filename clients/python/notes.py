"""An MCP server with one tool, for agents whose tools the server under test calls itself."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Notes:
    """A running MCP server that finds every word it is asked for."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/mcp"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "id" not in request:
            return self._answer(202)
        result = self._result(request["method"], request.get("params") or {})
        self._answer(200, {"jsonrpc": "2.0", "id": request["id"], **result})

    def do_GET(self) -> None:
        self._answer(405)

    def do_DELETE(self) -> None:
        self._answer(202)

    def _result(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        if method == "initialize":
            info = {"name": "notes", "version": "1"}
            result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": info}
        elif method == "tools/list":
            result = {"tools": [{"name": "find", "description": "Finds notes.", "inputSchema": {"type": "object"}}]}
        elif method == "tools/call":
            found = f"found {params['arguments']['word']}"
            result = {"content": [{"type": "text", "text": found}], "isError": False}
        else:
            return {"error": {"code": -32601, "message": "no such method"}}
        return {"result": result}

    def _answer(self, status: int, body: dict[str, Any] | None = None) -> None:
        content = json.dumps(body).encode() if body else b""
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass
