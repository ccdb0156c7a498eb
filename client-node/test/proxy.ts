import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from "node:net";

/** Stands before a server, and cuts off connections to it. */
export class Proxy {
  address = "";
  private refusals = 0;
  private losses = 0;
  private readonly server: Server;

  private constructor(private readonly port: number) {
    this.server = createServer((client) => this.connect(client));
  }

  static async before(address: string): Promise<Proxy> {
    const proxy = new Proxy(Number(address.split(":")[1]));
    await once(proxy.server.listen(0, "127.0.0.1"), "listening");
    proxy.address = `127.0.0.1:${(proxy.server.address() as AddressInfo).port}`;
    return proxy;
  }

  /** Cuts off so many connections as soon as they are made. */
  refuse(connections: number): void {
    this.refusals = connections;
  }

  /** Cuts off the connection on which the server answers next, without the answer. */
  loseAnAnswer(): void {
    this.losses = 1;
  }

  async close(): Promise<void> {
    this.server.close();
    await once(this.server, "close");
  }

  private connect(client: Socket): void {
    client.on("error", () => undefined);
    if (this.refusals > 0) {
      this.refusals -= 1;
      client.destroy();
      return;
    }
    const server = createConnection(this.port, "127.0.0.1");
    client.on("close", () => server.destroy());
    server.on("close", () => client.destroy());
    client.on("data", (data) => server.write(data));
    server.on("data", (data) => {
      if (this.losses > 0) {
        this.losses -= 1;
        client.destroy();
      } else {
        client.write(data);
      }
    });
  }
}
