import FlowCore
import FlowRuntime

/// What a run does, on standard error: on a terminal as a table that is redrawn in place and removed at the end, elsewhere as a line every 30
/// seconds.
final class LiveProgress: Sendable {
  private let updates: AsyncStream<LiveUpdate>
  private let terminal: Terminal
  private let seen = Locked(LiveWindow())

  /// Nil if nothing is to be shown.
  init?(of run: Run, on terminal: Terminal) {
    guard terminal.showsProgress || terminal.notesProgress else { return nil }
    updates = run.live.subscribe()
    self.terminal = terminal
  }

  /// Returns at the end of the run; nothing more is drawn.
  func show() async {
    if terminal.showsProgress { await draw() } else { await note() }
  }

  private func draw() async {
    let resize = ResizeWatch { [weak self] in self?.redraw() }
    for await update in updates where update.ended == nil {
      seen.withLock { $0.take(update) }
      redraw()
    }
    resize.end()
    seen.withLock { $0 = LiveWindow() }
    terminal.clearProgress()
  }

  private func redraw() {
    terminal.progress { size in
      let seen = seen.withLock { $0 }
      guard let present = seen.present else { return [] }
      return LivePage(size: size) { [terminal] in terminal.styled($0, $1, onErrors: true) }.summary(present, since: seen.before)
    }
  }

  private func note() async {
    var pace = ProgressPace()
    for await update in updates where update.ended == nil && pace.isDue(at: update.elapsed) {
      terminal.note(ProgressLine.text(update), as: LogRecord(update))
    }
  }
}

/// When the next line is due where there is no terminal: every 30 seconds of the run.
struct ProgressPace: Sendable {
  private static let interval = 30.0
  private var next = Self.interval

  init() {}

  /// - Parameter elapsed: seconds since the run was created.
  mutating func isDue(at elapsed: Double) -> Bool {
    guard elapsed >= next else { return false }
    next = (elapsed / Self.interval).rounded(.down) * Self.interval + Self.interval
    return true
  }
}
