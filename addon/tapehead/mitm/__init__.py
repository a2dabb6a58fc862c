"""All that subclasses, wraps or patches mitmproxy, h2, h11 or asyncio. Knows no cassette, no session and no option."""
