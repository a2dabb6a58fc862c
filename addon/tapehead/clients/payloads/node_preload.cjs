"use strict";
// Sends what a Node program says over TLS and HTTP to tapehead's proxy. Loaded by NODE_OPTIONS=--require and
// BUN_OPTIONS=--preload, so in child processes and worker threads too.
//
//   TAPEHEAD_TLS    host:port of a listener that finds the destination in the TLS server name. Every TLS connection
//                   is dialled there. What a server name cannot say (a port, an address, the proxy's user) is written
//                   into it: see wire/destination.py, which reads it.
//   TAPEHEAD_PROXY  URL of the proxy. Plain HTTP is sent there, its request line in absolute form.
//   NO_PROXY        what is left alone, and so are a program's own sockets, tunnels, pipes and proxying agents.
//
// Knows Node's modules net, tls, http and undici's diagnostics channels; undici itself it never touches. What goes
// wrong in here leaves the program as it was.

const SUFFIX = "tapehead.invalid"; // wire/destination.py, SUFFIX
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
    return callback ? connect.call(this, rest, callback) : connect.call(this, rest);
  };
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
    if (!ours) return addRequest.call(this, request, options, ...more);
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

// fetch and every copy of undici: both channels speak right before the act, in the same turn.
// undici docs, DiagnosticsChannel: undici:request:create, undici:client:beforeConnect
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
  subscribe("undici:request:create", ({ request }) => {
    const origin = new URL(String(request.origin));
    const ours = origin.protocol === "http:" && request.method !== "CONNECT" && /^\//.test(request.path);
    if (!ours || !caught(origin.hostname, origin.port || 80)) return;
    request.path = origin.origin + request.path;
    if (proxy.authorization) request.addHeader("proxy-authorization", proxy.authorization);
  });
  let awaited;
  subscribe("undici:client:beforeConnect", ({ connectParams: { protocol, hostname, port } }) => {
    awaited = protocol === "http:" && caught(hostname, port || 80) ? plain(hostname) : undefined;
    if (awaited) queueMicrotask(() => (awaited = undefined));
  });
  const { connect } = net;
  net.connect = function (...given) {
    const [options] = given;
    if (!awaited || !options || options.path || plain(options.host || "") !== awaited) return connect.apply(this, given);
    awaited = undefined;
    const rest = { ...options, host: proxy.host, port: proxy.port };
    for (const local of ["hostname", "lookup", "localAddress", "family"]) delete rest[local];
    return connect.call(this, rest, ...given.slice(1));
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
  return { host: plain(url.hostname), port: Number(url.port || 80), user, authorization };
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
