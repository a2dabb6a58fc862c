"""The clients that doctor tries: for each the smallest program that asks for one URL, and what to do when it is not caught.

Data alone. A program says READY before it asks, so that one that cannot be run is not taken for one that is not caught.
"""

from dataclasses import dataclass

READY = "tapehead: asking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One client."""

    name: str
    programs: tuple[str, ...]
    """What it is called on the PATH; the first that is there is run."""
    arguments: tuple[str, ...]
    """`{url}` and `{folder}` are filled in."""
    source: str = ""
    """A program, which is put into `{folder}` as `file`."""
    file: str = ""
    module: str = ""
    """The Python package that it needs, or ""."""
    version: tuple[str, ...] = ("--version",)
    """Arguments that make the program say its version."""
    says_ready: bool = True
    slow: bool = False
    """It compiles for longer than a person waits."""
    uncaught: str
    """What to do when its request does not come by."""


_PYTHON = ("python", "python3")
_SITE = "let it run its sitecustomize: no -I, -E or -S, Python >= 3.8"
_VARIABLES = "look for a configuration file of its own that names a proxy, or exceptions from one"
_PRELOAD = "let NODE_OPTIONS reach it, with Node >= 20"


def _python(name: str, source: str, *, module: str = "", uncaught: str = _SITE) -> Probe:
    return Probe(
        name=f"Python {name}",
        programs=_PYTHON,
        arguments=(
            "-c",
            f"import sys\nurl = sys.argv[1]\n{_IMPORTS[name]}\nprint('{READY}', flush=True)\n{source}",
            "{url}",
        ),
        module=module,
        uncaught=uncaught,
    )


def _node(name: str, source: str) -> Probe:
    # Ends by itself when the answer is read; an error is printed and gives exit code 1.
    return Probe(
        name=f"Node {name}",
        programs=("node",),
        arguments=("-e", f"const url = process.argv[1]; console.log('{READY}'); {source}", "{url}"),
        uncaught=_PRELOAD,
    )


_IMPORTS = {
    "urllib": "import urllib.request",
    "http.client": "import http.client, urllib.parse",
    "requests": "import requests",
    "httpx": "import httpx",
    "aiohttp": "import aiohttp, asyncio",
    "urllib3": "import urllib3",
}
_AIOHTTP = """
async def main():
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            await answer.read()
asyncio.run(main())
"""
_HTTP_CLIENT = """
parts = urllib.parse.urlsplit(url)
connection = http.client.HTTPSConnection(parts.hostname, timeout=30)
connection.request('GET', parts.path)
connection.getresponse().read()
"""
_NODE_HTTP2 = """
const parts = new URL(url);
const session = require('http2').connect(parts.origin);
session.on('error', (error) => { console.error(String(error)); process.exit(1); });
const stream = session.request({ ':path': parts.pathname });
stream.on('error', (error) => { console.error(String(error)); process.exit(1); });
stream.on('end', () => session.close()).resume();
"""
_NODE_HTTPS = """
require('https').get(url, (answer) => answer.resume())
  .on('error', (error) => { console.error(String(error)); process.exit(1); });
"""
_NODE_FETCH = """
fetch(url).then((answer) => answer.text())
  .catch((error) => { console.error(String(error.cause || error)); process.exit(1); });
"""
_JAVA = f"""
import java.net.URI;
import java.net.http.*;

public class Doctor {{
    public static void main(String[] arguments) throws Exception {{
        System.out.println("{READY}");
        HttpRequest request = HttpRequest.newBuilder(URI.create(arguments[0])).build();
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    }}
}}
"""
_GO = f"""
package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {{
	fmt.Println("{READY}")
	if _, err := http.Get(os.Args[1]); err != nil {{
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}}
}}
"""
_PHP = (
    f"if (!function_exists('curl_init')) {{ fwrite(STDERR, 'PHP without its curl extension'); exit(1); }} echo '{READY}'; "
    "$c = curl_init($argv[1]); curl_setopt($c, CURLOPT_RETURNTRANSFER, true); "
    "if (curl_exec($c) === false) { fwrite(STDERR, curl_error($c)); exit(1); }"
)
_RUBY = f"require 'net/http'; require 'openssl'; $stdout.sync = true; puts '{READY}'; Net::HTTP.get(URI(ARGV[0]))"
_DENO = f"console.log('{READY}'); await (await fetch(Deno.args[0])).text()"
_BUN = f"console.log('{READY}'); await (await fetch(process.argv.at(-1))).text()"

PROBES = (
    _python("urllib", "urllib.request.urlopen(url, timeout=30).read()", uncaught=_VARIABLES),
    _python("http.client", _HTTP_CLIENT),
    _python("requests", "requests.get(url, timeout=30)", module="requests", uncaught=_VARIABLES),
    _python("httpx", "httpx.get(url, timeout=30)", module="httpx", uncaught=_VARIABLES),
    _python("aiohttp", _AIOHTTP, module="aiohttp"),
    _python("urllib3", "urllib3.PoolManager().request('GET', url, timeout=30)", module="urllib3"),
    _node("fetch", _NODE_FETCH),
    _node("https", _NODE_HTTPS),
    _node("http2", _NODE_HTTP2),
    Probe(
        name="curl",
        programs=("curl",),
        arguments=("-sS", "-m", "30", "{url}"),
        says_ready=False,
        uncaught="look into ~/.curlrc for proxy, noproxy and cacert",
    ),
    Probe(
        name="wget",
        programs=("wget",),
        arguments=("-q", "-t", "1", "-T", "30", "-O", "-", "{url}"),
        says_ready=False,
        uncaught="look into ~/.wgetrc for use_proxy and no_proxy",
    ),
    Probe(
        name="Java HttpClient",
        programs=("java",),
        arguments=("-XX:TieredStopAtLevel=1", "{folder}/Doctor.java", "{url}"),
        source=_JAVA,
        file="Doctor.java",
        version=("-version",),
        uncaught="let JAVA_TOOL_OPTIONS reach the JVM, and look for -Dhttps.proxyHost on its command line",
    ),
    Probe(
        name="Go net/http",
        programs=("go",),
        arguments=("run", "{folder}/doctor.go", "{url}"),
        source=_GO,
        file="doctor.go",
        version=("version",),
        slow=True,
        uncaught="use http.DefaultTransport, or http.ProxyFromEnvironment in a Transport of your own",
    ),
    Probe(
        name="Ruby Net::HTTP",
        programs=("ruby",),
        arguments=("-e", _RUBY, "{url}"),
        uncaught="let HTTP_PROXY reach it, which Ruby reads for https too",
    ),
    Probe(
        name="PHP curl",
        programs=("php",),
        arguments=("-r", _PHP, "--", "{url}"),
        uncaught="use PHP's curl, not its streams, and let HTTPS_PROXY reach it",
    ),
    Probe(
        name="Deno fetch",
        programs=("deno",),
        arguments=("eval", _DENO, "{url}"),
        uncaught=_VARIABLES,
    ),
    Probe(
        name="Bun fetch",
        programs=("bun",),
        arguments=("-e", _BUN, "{url}"),
        uncaught=_VARIABLES,
    ),
)
