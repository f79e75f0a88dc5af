// A server between page and instance that can lie about one count, hold back beats, silence the stream, or cut the connection.
import http from "node:http";

export class Proxy {
  /** What is wrong with the line: `offBy` is added to the received rows of the first feed. */
  offBy = 0;
  holdBeats = false;
  holdAll = false;
  broken = new Set();
  delay = 0;
  requests = [];
  #sockets = new Set();

  static async start(instance) {
    const proxy = new Proxy();
    proxy.instance = instance;
    proxy.server = http.createServer((request, answer) => proxy.#serve(request, answer));
    proxy.server.on("connection", (socket) => {
      proxy.#sockets.add(socket);
      socket.on("close", () => proxy.#sockets.delete(socket));
    });
    await proxy.#listen(0);
    return proxy;
  }

  async #listen(port) {
    await new Promise((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.port = this.server.address().port;
    this.base = `http://127.0.0.1:${this.port}`;
  }

  /** Cuts every connection and takes no new one, until `mend`. */
  async cut() {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async mend() {
    await this.#listen(this.port);
  }

  async stop() {
    if (this.server.listening) await this.cut();
  }

  #serve(request, answer) {
    this.requests.push(request.url);
    if ([...this.broken].some((part) => request.url.includes(part))) {
      answer.writeHead(404, { "content-type": "application/problem+json" });
      return answer.end('{"type":"about:blank","title":"Not Found","status":404,"detail":"the proxy of the test has taken it away"}');
    }
    const headers = { ...request.headers, "accept-encoding": "identity" };
    const ask = http.request({ host: "127.0.0.1", port: this.instance.port, path: request.url, method: request.method, headers }, (said) => {
      const kind = said.headers["content-type"] || "";
      if (kind.startsWith("text/event-stream")) return this.#stream(said, answer);
      if (!this.offBy || !/json|html/.test(kind) || said.headers["content-encoding"]) {
        answer.writeHead(said.statusCode, said.headers);
        return said.pipe(answer);
      }
      const parts = [];
      said.on("data", (part) => parts.push(part));
      said.on("end", () => {
        const body = this.#corrupted(Buffer.concat(parts).toString());
        const { "content-length": _, "transfer-encoding": __, ...others } = said.headers;
        answer.writeHead(said.statusCode, others);
        answer.end(body);
      });
      return undefined;
    });
    ask.on("error", () => answer.destroy());
    answer.on("close", () => ask.destroy());
    request.pipe(ask);
    return undefined;
  }

  #stream(said, answer) {
    answer.writeHead(said.statusCode, said.headers);
    let rest = "";
    said.setEncoding("utf8");
    said.on("data", (part) => {
      rest += part;
      const events = rest.split(/\n\n/);
      rest = events.pop();
      for (const event of events) {
        if (this.holdAll || (this.holdBeats && /^event: ?beat$/m.test(event))) continue;
        answer.write((/^event: ?ledger$/m.test(event) ? this.#corrupted(event) : event) + "\n\n");
      }
    });
    said.on("end", () => answer.end());
    said.on("error", () => answer.destroy());
  }

  /** One count is wrong: `alpha` has received more than what became of it. The feed's own object, wherever it stands. */
  #corrupted(text) {
    if (!this.offBy) return text;
    return text.replace(/\{[^{}]*"feed":"alpha"[^{}]*\}/g, (entry) => entry.replace(/"received":(\d+)/, (_, count) => `"received":${Number(count) + this.offBy}`));
  }
}
