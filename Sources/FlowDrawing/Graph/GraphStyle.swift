extension GraphDrawing {
  /// How a drawing looks, light and dark: part of a file, and the page's style sheet `graph.css`.
  package static let style = """
    svg.graph { font: 13px system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; color-scheme: light dark;
      --paper: #fff; --box: #fff; --ink: #1c2733; --dim: #55626f; --frame: #8c99a6; --cluster: #f1f4f7; --cluster-frame: #cdd5dd; --line: #6b7885;
      --busy: #0b62b8; --full: #9a4b00; --trouble: #b3261e; }
    .graph .paper { fill: var(--paper); }
    .graph .cluster { fill: var(--cluster); stroke: var(--cluster-frame); }
    .graph .group { fill: var(--dim); font-size: 12px; paint-order: stroke; stroke: var(--cluster); stroke-width: 4px; stroke-linejoin: round; }
    .graph .box rect { fill: var(--box); stroke: var(--frame); }
    .graph .box .name { fill: var(--ink); font-weight: 600; }
    .graph .box .type { fill: var(--dim); font-size: 12px; }
    .graph .box .state { fill: var(--dim); font-size: 12px; }
    .graph .box.busy rect { stroke: var(--busy); stroke-width: 2.5; }
    .graph .box.trouble .state { fill: var(--trouble); }
    .graph .box.waits rect { stroke: var(--full); stroke-width: 2.5; stroke-dasharray: 5 3; }
    .graph .line { fill: none; stroke: var(--line); stroke-width: 1.3; }
    .graph .line.back { stroke-dasharray: 5 4; }
    .graph .line.moving { stroke: var(--busy); stroke-width: 2.4; }
    .graph .line.full { stroke: var(--full); stroke-width: 3.4; }
    .graph marker path { fill: var(--line); }
    .graph .edge text { fill: var(--dim); font-size: 11px; paint-order: stroke; stroke: var(--cluster); stroke-width: 4px; stroke-linejoin: round; }
    .graph .edge .count { fill: var(--ink); font-weight: 600; }
    .graph .edge.full .count { fill: var(--full); }
    @media (prefers-color-scheme: dark) {
      svg.graph { --paper: #14191f; --box: #222a33; --ink: #e8edf2; --dim: #a9b5c1; --frame: #6f7d8b; --cluster: #1a2129; --cluster-frame: #36424e;
        --line: #8d9aa8; --busy: #6cb5ff; --full: #ffb067; --trouble: #ff8d84; }
    }
    @media print {
      svg.graph { --paper: #fff; --box: #fff; --ink: #000; --dim: #333; --frame: #555; --cluster: #fff; --cluster-frame: #999; --line: #333; }
    }

    """
}
