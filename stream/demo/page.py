"""The page on which a person sees the show with the overlay over it. Plain HTML: players that know HLS play it."""

from __future__ import annotations

from html import escape

HTML = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>nowshowing demo</title>
<style>
  body {{ margin: 0; background: #111; color: #ddd; font: 16px system-ui, sans-serif }}
  main {{ position: relative; width: min(100vw, 177vh); aspect-ratio: 16 / 9; margin: auto }}
  video, iframe {{ position: absolute; inset: 0; width: 100%; height: 100%; border: 0 }}
  iframe {{ pointer-events: none }}
  p {{ padding: 0 1em }}
</style>
<main>
  <video src="/live.m3u8" autoplay muted controls playsinline></video>
  <iframe src="{overlay}" title="now showing"></iframe>
</main>
<p>No picture? This browser does not play HLS by itself; the overlay works all the same.
Any other player does: <code>ffplay</code> or VLC with this page's <code>/live.m3u8</code>.</p>
</html>
"""


def page(overlay_url: str) -> str:
    return HTML.format(overlay=escape(overlay_url, quote=True))
