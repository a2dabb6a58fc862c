"use strict";
// Sends what a Node program says over TLS and HTTP to tapehead's proxy. Loaded by NODE_OPTIONS=--require and
// BUN_OPTIONS=--preload, so in child processes and worker threads too.
//
//   TAPEHEAD_TLS    host:port of a listener that finds the destination in the TLS server name. Every TLS connection
//                   is dialled there. What a server name cannot say (a port, an address, the proxy's user) is written
//                   into it: see wire/sni_name.py, which reads it.
//   TAPEHEAD_PROXY  URL of the proxy. Plain HTTP is sent there, its request line in absolute form.
//   NO_PROXY        what is left alone, and so are a program's own sockets, tunnels, pipes and proxying agents.
//
// Knows Node's modules net, tls, http and undici's diagnostics channels; undici itself it never touches. What goes
// wrong in here leaves the program as it was.

const SUFFIX = "tapehead.invalid"; // wire/sni_name.py, SUFFIX
const CONTROL = "tapehead.local"; // the proxy's own endpoint: no NO_PROXY hides it

const MARK = Symbol.for("tapehead.preload");
if (!globalThis[MARK]) {
  Object.defineProperty(globalThis, MARK, { value: true });
  try {
    install(process.env);
  } catch {
    // The program comes first.
  }
}

function install(env) {
  const net = require("node:net");
  const listener = address(env.TAPEHEAD_TLS);
  const proxy = parsedProxy(env.TAPEHEAD_PROXY);
  if (!listener && !proxy) return;
  const own = [listener, proxy].filter(Boolean).map(({ host, port }) => `${host}:${port}`);
  const bypass = bypassing(net, env);
  const caught = (host, port) => {
    const name = plain(host);
    return name === CONTROL || (!own.includes(`${name}:${port}`) && !bypass(name, port));
  };
  if (listener) patchTls(net, listener, proxy ? proxy.user : "", caught);
  if (proxy) {
    patchAgent(net, proxy, caught);
    patchUndici(net, proxy, caught);
  }
  require("node:module").syncBuiltinESMExports();
  if (env.NODE_USE_ENV_PROXY) withoutWarning();
}

// Node 22 warns, in every process, that reading the proxy variables is experimental. It is said in the first turns.
function withoutWarning() {
  const { emit } = process;
  const quiet = function (event, ...given) {
    return event === "warning" && given[0]?.code === "UNDICI-EHPA" ? true : emit.call(this, event, ...given);
  };
  process.emit = quiet;
  setImmediate(() => {
    if (process.emit === quiet) process.emit = emit;
  }).unref();
}

// --- TLS: the destination is in the server name ---------------------------------------------------------------------

function patchTls(net, listener, user, caught) {
  const tls = require("node:tls");
  const connect = tls.connect;
  tls.connect = function (...given) {
    const [options, callback] = normalized(given);
    const host = options.host || options.hostname || options.servername;
    if (options.socket || options.path || !host || !caught(host, options.port || 443)) {
      return connect.apply(this, given);
    }
    const asked = options.servername || host;
    const name = net.isIP(plain(asked)) ? "" : asked;
    const check = options.checkServerIdentity || tls.checkServerIdentity;
    const rest = { ...options, ...listener, hostname: listener.host };
    rest.servername = serverName(net, plain(host), Number(options.port || 443), name, user);
    if (rest.servername !== name) rest.checkServerIdentity = (_, cert) => check(name || plain(host), cert);
    for (const local of ["lookup", "localAddress", "localPort", "family", "hints"]) delete rest[local];
    const socket = callback ? connect.call(this, rest, callback) : connect.call(this, rest);
    asConnected(socket, { servername: name || false, remotePort: Number(options.port || 443) });
    if (!name) asConnected(socket, { remoteAddress: plain(host), remoteFamily: `IPv${net.isIP(plain(host))}` });
    return socket;
  };
}

// What the socket says of its other end is what was asked for: an HTTP/2 session makes its origin of that, and clients
// compare it. node's lib/internal/http2/core.js, initOriginSet
function asConnected(socket, ends) {
  for (const [name, end] of Object.entries(ends)) {
    let own = socket[name];
    const inherited = name in Object.getPrototypeOf(socket);
    const read = () => (inherited ? Reflect.get(Object.getPrototypeOf(socket), name, socket) : own);
    const get = () => (read() == null ? read() : end);
    Object.defineProperty(socket, name, { configurable: true, enumerable: true, get, set: (value) => (own = value) });
  }
}

// tls.connect(options, cb), (port, host, options, cb), (port, options, cb): node's lib/_tls_wrap.js, normalizeConnectArgs
function normalized(given) {
  const callback = typeof given.at(-1) === "function" ? given.at(-1) : undefined;
  if (Array.isArray(given[0])) return normalized(given[0]); // net's own normalised form
  const options = {};
  if (given[0] !== null && typeof given[0] === "object") Object.assign(options, given[0]);
  else {
    options.port = given[0];
    if (typeof given[1] === "string") options.host = given[1];
  }
  for (const more of given.slice(1)) if (more && typeof more === "object") Object.assign(options, more);
  if (!options.host && !options.hostname && !options.servername) options.host = "localhost";
  return [options, callback];
}

function serverName(net, host, port, name, user) {
  if (port === 443 && name === host && !user) return name;
  const labels = net.isIPv6(host) ? [`_6_${host.replace(/%.*/, "").replaceAll(":", "z")}`] : host.split(".");
  const named = name && name !== host ? [name] : [];
  const users = base32(Buffer.from(user)).match(/.{1,60}/g) || [];
  return [...labels, ...named, labels.length, port, ...users.map((part) => `u_${part}`), SUFFIX].join(".");
}

function base32(bytes) {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  const digit = (five) => "abcdefghijklmnopqrstuvwxyz234567"[parseInt(five.padEnd(5, "0"), 2)];
  return (bits.match(/.{1,5}/g) || []).map(digit).join("");
}

// --- HTTP in the clear: absolute form ---------------------------------------------------------------------------------

// All of http.request, http.get, and clients with agents of their own come by here; the head is not yet sent.
function patchAgent(net, proxy, caught) {
  const { Agent } = require("node:http");
  const { addRequest, createConnection, createSocket } = Agent.prototype;
  Agent.prototype.addRequest = function (request, options, ...more) {
    const { host, port = 80 } = typeof options === "object" ? options : { host: options, port: more[0] };
    const ours =
      this.protocol === "http:" &&
      this.createConnection === createConnection &&
      this.createSocket === createSocket &&
      !this.options?.proxyEnv && // node >= 22.21 with NODE_USE_ENV_PROXY does it
      !options.socketPath &&
      !options.createConnection &&
      /^\//.test(request.path) &&
      host &&
      caught(host, port);
    if (!ours) {
      const told = (this.protocol === "http:" && this.options?.proxyEnv) || {};
      if ((told.http_proxy || told.HTTP_PROXY) === proxy.url) withUser(request, proxy);
      return addRequest.call(this, request, options, ...more);
    }
    const path = `http://${authority(net, host, port)}${request.path}`;
    if (request._header) {
      const also = proxy.authorization && `\r\nProxy-Authorization: ${proxy.authorization}`;
      const line = ` ${request.path} HTTP/1.1`;
      request._header = request._header.replace(line, () => ` ${path} HTTP/1.1${also}`);
    } else if (proxy.authorization) request.setHeader("proxy-authorization", proxy.authorization);
    request.path = path;
    const rest = { ...(typeof options === "object" ? options : {}), host: proxy.host, port: proxy.port };
    for (const local of ["hostname", "lookup", "localAddress", "localPort", "family", "hints"]) delete rest[local];
    return addRequest.call(this, request, rest);
  };
}

// Node's own agent for proxies leaves the proxy's user out where a program gave the headers as an array.
function withUser(request, { authorization }) {
  const head = request._header;
  if (!authorization || !head || !/^http:/.test(request.path) || /\r\nproxy-authorization:/i.test(head)) return;
  request._header = head.replace("\r\n", () => `\r\nProxy-Authorization: ${authorization}\r\n`);
}

// fetch and every copy of undici: a connection that one of them makes is dialled to the proxy, and only heads that are
// written on that one get the absolute form. What comes through a tunnel (of Node's with NODE_USE_ENV_PROXY, of a
// ProxyAgent) is read by the server itself, and stays in origin form. The channels speak right before the act.
// undici docs, DiagnosticsChannel: undici:client:beforeConnect, undici:client:sendHeaders
function patchUndici(net, proxy, caught) {
  const channels = require("node:diagnostics_channel");
  const subscribe = (name, act) => {
    const quiet = (message) => {
      try {
        act(message);
      } catch {
        // a diagnostics channel turns this into an uncaught exception
      }
    };
    channels.subscribe ? channels.subscribe(name, quiet) : channels.channel(name).subscribe(quiet);
  };
  let awaited;
  subscribe("undici:client:beforeConnect", ({ connectParams: { protocol, host, hostname, port } }) => {
    const ours = protocol === "http:" && caught(hostname, port || 80);
    awaited = ours ? { host: plain(hostname), port: Number(port || 80), origin: `http://${host}` } : undefined;
    if (ours) queueMicrotask(() => (awaited = undefined));
  });
  const origins = new WeakMap(); // by the connections dialled to the proxy
  const heads = new WeakMap(); // by the same: what is written next, and in which form it goes out
  subscribe("undici:client:sendHeaders", ({ request: { method, path }, socket }) => {
    if (!origins.has(socket)) return;
    const target = path.startsWith("/") ? origins.get(socket) + path : path;
    heads.set(socket, [`${method} ${path} HTTP/1.1\r\n`, `${method} ${target} HTTP/1.1\r\n`]);
    if (method === "CONNECT") origins.delete(socket); // what comes next is in a tunnel
  });
  const rewritten = (data, [line, ours]) => {
    if (typeof data !== "string" || !data.startsWith(line)) return data;
    const rest = `\r\n${data.slice(line.length)}`;
    if (!proxy.authorization) return ours + rest.slice(2);
    const others = rest.replace(/\r\nproxy-authorization:[^\r]*/gi, ""); // of the proxy that ours stands for
    return `${ours}proxy-authorization: ${proxy.authorization}${others}`;
  };
  const { connect } = net;
  net.connect = function (...given) {
    const asked = awaited;
    const { host, port, path } = given[0] || {};
    const ours = asked && !path && plain(host || "") === asked.host && Number(port) === asked.port;
    if (!ours) return connect.apply(this, given);
    awaited = undefined;
    const rest = { ...given[0], host: proxy.host, port: proxy.port };
    for (const local of ["hostname", "lookup", "localAddress", "family"]) delete rest[local];
    const socket = connect.call(this, rest, ...given.slice(1));
    const { write } = socket;
    origins.set(socket, asked.origin);
    socket.write = function (data, ...more) {
      const head = heads.get(this);
      heads.delete(this);
      return write.call(this, head ? rewritten(data, head) : data, ...more);
    };
    return socket;
  };
}

// --- addresses -------------------------------------------------------------------------------------------------------

function address(text) {
  const end = (text || "").lastIndexOf(":");
  return end < 1 ? undefined : { host: plain(text.slice(0, end)), port: Number(text.slice(end + 1)) };
}

function parsedProxy(text) {
  if (!text) return undefined;
  const url = new URL(text);
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  const authorization = user ? `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` : "";
  return { url: text, host: plain(url.hostname), port: Number(url.port || 80), user, authorization };
}

function plain(host) {
  return String(host).toLowerCase().replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}

function authority(net, host, port) {
  const name = net.isIPv6(plain(host)) ? `[${plain(host)}]` : host;
  return Number(port) === 80 ? name : `${name}:${port}`;
}

// Entries as curl and Go read them: a name and all below it, an address, a range, each perhaps with a port.
function bypassing(net, env) {
  const names = [];
  const ranges = new net.BlockList();
  for (const entry of (env.no_proxy || env.NO_PROXY || "").toLowerCase().split(/[\s,]+/).filter(Boolean)) {
    const [range, bits] = entry.split("/");
    const kind = net.isIP(plain(range));
    if (bits !== undefined && kind && Number(bits) <= (kind === 4 ? 32 : 128)) {
      ranges.addSubnet(plain(range), Number(bits), `ipv${kind}`);
    } else {
      const [, name, port] = kind ? [entry, range] : /^(.*?)(?::(\d+))?$/.exec(entry);
      names.push({ name: plain(name).replace(/^\*?\./, ""), port: port && Number(port) });
    }
  }
  if (names.some(({ name }) => name === "localhost" || name === "127.0.0.1")) {
    ranges.addSubnet("127.0.0.0", 8, "ipv4"); // --include-loopback leaves these names out of NO_PROXY
    for (const any of ["0.0.0.0", "::1", "::"]) ranges.addAddress(any, `ipv${net.isIP(any)}`);
  }
  return (host, port) => {
    const kind = net.isIP(host);
    if (kind && ranges.check(host, `ipv${kind}`)) return true;
    return names.some((entry) => {
      if (entry.port && entry.port !== Number(port)) return false;
      return entry.name === "*" || host === entry.name || (!kind && host.endsWith(`.${entry.name}`));
    });
  };
}
