"""The configuration files and keys of the world's machines."""

import os
import secrets

from . import world as names

SECURITY_PARAMETER_INDEX = 256
# What forwards on mobile routers and home agents whose files say nothing of it; None leaves it to the programs.
PLANE = os.environ.get("WORLD_PLANE") or None


def write_key(path, key=None):
    """Writes a key of 16 octets that only its owner can read; makes one up unless given. Gives the key's digits."""
    digits = key or secrets.token_hex(16)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(digits + "\n")
    return digits


def _with_plane(extra):
    return extra if PLANE is None or "engine =" in extra else f'{extra}engine = {{ plane = "{PLANE}"; }};\n'


def mobile_router(key="file:keys/home.key", agent=names.HOME_AGENT, address=names.HOME_ADDRESS,
                  prefixes=(names.MOBILE_PREFIX,), mode="explicit", lifetime=600, spi=SECURITY_PARAMETER_INDEX,
                  uplinks=(("eth0", 10), ("eth1", 20)), ingress=names.INGRESS_PREFIX, group="", extra=""):
    """The file of the mobile router. `uplinks` are interface, metric, and what else is said of it; `group` stands in the group `home` as it
    is, `extra` at the end."""
    listed = ",\n  ".join(
        f'{{ interface = "{name}"; type = "ethernet"; metric = {metric}; {" ".join(more)} }}'
        for name, metric, *more in uplinks)
    quoted = ", ".join(f'"{prefix}"' for prefix in prefixes)
    return f"""home = {{
  agent    = "{agent}";
  address  = "{address}/64";
  prefixes = [ {quoted} ];
  mode     = "{mode}";
  lifetime = {lifetime};
  authentication = {{ spi = {spi}; key = "{key}"; }};
  {group}
}};
uplinks = (
  {listed}
);
ingress = ( {{ interface = "lan0"; prefix = "{ingress}"; }} );
{_with_plane(extra)}"""


def mobile_host(key="file:keys/home.key", agent=names.HOME_AGENT, address=names.HOME_ADDRESS, lifetime=600,
                spi=SECURITY_PARAMETER_INDEX, uplinks=(("eth0", 10), ("eth1", 20)), group="", extra=""):
    """The file of a mobile host. `group` stands in the group `home` as it is, `extra` at the end."""
    listed = ",\n  ".join(f'{{ interface = "{name}"; metric = {metric}; }}' for name, metric in uplinks)
    return f"""home = {{
  agent    = "{agent}";
  address  = "{address}/64";
  lifetime = {lifetime};
  authentication = {{ spi = {spi}; key = "{key}"; }};
  {group}
}};
uplinks = (
  {listed}
);
{extra}"""


def home_agent(key="file:keys/router.key", nodes=None, lifetime=3600, bindings=1000, state="", group="",
               address=names.HOME_AGENT, extra=""):
    """The home agent's file. `nodes` are texts of node groups, by default the one mobile router; `group` stands in the
    group `home_agent` as it is. Without a `state` a restart forgets everything."""
    if nodes is None:
        nodes = [node(key)]
    listed = ",\n    ".join(nodes)
    return f"""home_agent = {{
  addresses = [ "{address}" ];
  prefixes  = [ "{names.HOME_PREFIX}" ];
  state     = "{state}";
  nodes = (
    {listed}
  );
  limits = {{ lifetime = {lifetime}; bindings = {bindings}; }};
  {group}
}};
{_with_plane(extra)}"""


def node(key, address=names.HOME_ADDRESS, prefixes=(names.MOBILE_PREFIX,), name="bus-17",
         spi=SECURITY_PARAMETER_INDEX):
    quoted = ", ".join(f'"{prefix}"' for prefix in prefixes)
    named = f"prefixes = [ {quoted} ]; " if prefixes else ""
    return (f'{{ address = "{address}"; {named}name = "{name}"; '
            f'authentication = {{ spi = {spi}; key = "{key}"; }}; }}')


def correspondent(addresses=(), lifetime=420, bindings=1000, group="", extra=""):
    """The file of a correspondent, for all of its addresses unless some are named. `group` stands in the group
    `correspondent` as it is."""
    quoted = ", ".join(f'"{address}"' for address in addresses)
    named = f"addresses = [ {quoted} ];" if addresses else ""
    return f"""correspondent = {{
  {named}
  limits = {{ lifetime = {lifetime}; bindings = {bindings}; }};
  {group}
}};
{extra}"""
