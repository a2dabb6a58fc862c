"""The addons. The only folder that imports mitmproxy."""
