"""`tapehead env`: the environment of a proxy that runs elsewhere, as a shell, a file or a CI system reads it."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import click

from tapehead.cli.old_option import old_option
from tapehead.clients import env_formats
from tapehead.clients.environment import Endpoint, environment
from tapehead.clients.trust import ensure_ca, make_trust


@click.command("env", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--shell", "form", flag_value="shell", default="shell", help='For eval "$(tapehead env)".  [default]')
@click.option("--json", "form", flag_value="json", help="A JSON object.")
@click.option("--dotenv", "form", flag_value="dotenv", help="A .env file.")
@click.option("--docker", "form", flag_value="docker", help="A file for docker run --env-file.")
@click.option("--github", "form", flag_value="github", help='For >> "$GITHUB_ENV".')
@click.option("--proxy", default="http://127.0.0.1:8080", metavar="URL", show_default=True, help="The proxy.")
@click.option("--sni-listener", default="", metavar="HOST:PORT",
              help="Its listener for Node; tapehead record says where it is.")  # fmt: skip
@old_option("--tls", "--sni-listener", default="")
@click.option("--session", default="", metavar="NAME", help="The session to be in.")
@click.option("--include-loopback", is_flag=True, help="Send what is for this machine through the proxy too.")
@click.option("--confdir", default="~/.mitmproxy", metavar="DIR", show_default=True, help="Where the proxy has its CA.")
def env(form: str, proxy: str, sni_listener: str, tls: str, session: str, include_loopback: bool, confdir: str) -> None:
    """Print the environment that leads a program to a proxy which runs elsewhere."""
    folder = Path(confdir).expanduser()
    try:
        parts = urlsplit(proxy)
        if session:
            proxy = f"{parts.scheme}://{session.replace('/', '%2F')}:tapehead@{parts.netloc.rpartition('@')[2]}"
        ensure_ca(folder)
        trust = make_trust(folder, folder / "clients", os.environ)
        endpoint = Endpoint(proxy=proxy, tls=sni_listener or tls, session=session)
        made = environment(endpoint, trust, os.environ, include_loopback=include_loopback)
        click.echo(env_formats.FORMATS[form](made), nl=False)
    except ValueError as e:
        raise click.ClickException(str(e)) from e
    except OSError as e:
        raise click.ClickException(f"{e.filename or folder}: {(e.strerror or str(e)).lower()}") from e
