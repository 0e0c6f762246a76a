import FlowCore
import FlowRuntime

/// What a run does, as lines for a terminal; none is longer than the terminal is wide. `flowrun top` and a run's own progress draw it.
struct LivePage {
  /// Where the size is not known.
  static let usual = TerminalSize(columns: 80, rows: 24)
  /// Queues are shown, the fullest first, up to this number.
  private static let queueCount = 8

  let size: TerminalSize
  /// Adds a style to a text.
  let styled: (String, Terminal.Style) -> String

  /// Everything, however high.
  /// - Parameters:
  ///   - last: the update before, for rates of the last moment; nil for rates since the run began.
  ///   - others: ids of other runs under way.
  func lines(_ update: LiveUpdate, since last: LiveUpdate? = nil, others: [String] = []) -> [String] {
    head(update, others: others) + [""] + processors(update, since: last, room: .max) + queues(update)
  }

  /// What has room on a terminal: as `lines`, without queues and then processors where there is none.
  func fullScreen(_ update: LiveUpdate, since last: LiveUpdate?, others: [String]) -> [String] {
    let all = lines(update, since: last, others: others)
    return all.count < size.rows ? all : summary(update, since: last, others: others)
  }

  /// As much as has room above the cursor: the processors that work, wait or are waited for come before those that do not.
  func summary(_ update: LiveUpdate, since last: LiveUpdate? = nil, others: [String] = []) -> [String] {
    let head = head(update, others: others)
    return head + processors(update, since: last, room: max(2, size.rows - head.count - 1))
  }

  private func head(_ update: LiveUpdate, others: [String]) -> [String] {
    var first = "\(update.flow)  \(update.run)  \(Self.clock(update.elapsed))"
    if let ended = update.ended { first += "  ended: \(ended)" + (update.exit.map { ", exit \($0)" } ?? "") }
    var lines = [styled(cut(first), .bold), cut(Self.counts(update).joined(separator: "  "))]
    if let stopping = update.stopping {
      lines.append(styled(cut("stopping: \(stopping.prefix { !$0.isNewline })"), .yellow))
    }
    if !others.isEmpty { lines.append(cut("also under way: \(others.joined(separator: ", "))")) }
    return lines
  }

  /// `participants 12/100`, `FlowFiles 345/700`, …
  static func counts(_ update: LiveUpdate) -> [String] {
    var counts: [String] = []
    if update.participants.total > 0 { counts.append("participants \(update.participants.done)/\(update.participants.total)") }
    if let remaining = update.remaining { counts.append("about \(clock(remaining)) left") }
    let flowfiles = update.flowfiles
    let ended = flowfiles.finished + flowfiles.removed + flowfiles.deferred + flowfiles.inErrors + flowfiles.abandoned
    counts.append("FlowFiles \(ended)/\(flowfiles.created)")
    if flowfiles.inErrors > 0 { counts.append("in errors \(flowfiles.inErrors)") }
    if flowfiles.deferred > 0 { counts.append("deferred \(flowfiles.deferred)") }
    return counts
  }

  /// - Parameter room: lines, with the header and the line that counts what is left out.
  private func processors(_ update: LiveUpdate, since last: LiveUpdate?, room: Int) -> [String] {
    var table = TextTable([
      ("processor", .left), ("in", .right), ("out", .right), ("failed", .right), ("queue", .right), ("/s", .right), ("now", .left),
    ])
    let shown = shown(update, room: room)
    for processor in shown {
      table.add([
        processor.name, "\(processor.received)", "\(Self.out(processor))", "\(processor.failed)", "\(Self.waiting(for: processor, update))",
        Self.text(rate(processor, update, since: last)), Self.now(processor),
      ])
    }
    let more = update.processors.count - shown.count
    // A name is known by its beginning, and so is what is waited for; the figures are never cut.
    let lines = table.fitted(to: size.columns, cutting: [(6, 32), (0, 16), (6, 8), (0, 8)]).plainLines.map(cut)
    return [styled(lines[0], .dim)] + lines.dropFirst() + (more > 0 ? [styled(cut("\(more) more \(more == 1 ? "processor" : "processors")"), .dim)] : [])
  }

  /// In the order of the flow.
  private func shown(_ update: LiveUpdate, room: Int) -> [LiveUpdate.Processor] {
    guard update.processors.count > room - 1 else { return update.processors }
    let isBusy = update.processors.map { $0.active > 0 || $0.waitsFor != nil || Self.waiting(for: $0, update) > 0 }
    let order = isBusy.indices.filter { isBusy[$0] } + isBusy.indices.filter { !isBusy[$0] }
    return order.prefix(max(0, room - 2)).sorted().map { update.processors[$0] }
  }

  /// FlowFiles that it has not taken yet, or holds.
  private static func waiting(for processor: LiveUpdate.Processor, _ update: LiveUpdate) -> Int {
    update.queues.reduce(processor.penalised + (processor.held ?? 0)) { $0 + ($1.to == processor.name ? $1.count : 0) }
  }

  private static func now(_ processor: LiveUpdate.Processor) -> String {
    if let reason = processor.waitsFor { return "waits: \(reason)" }
    if processor.active > 0 { return "\(processor.active) active" }
    return processor.held.map { "holds \($0)" } ?? ""
  }

  private func queues(_ update: LiveUpdate) -> [String] {
    let held = update.queues.filter { $0.count > 0 }.sorted { ($1.count, $0.to) < ($0.count, $1.to) }
    guard !held.isEmpty else { return [] }
    var table = TextTable([("queue", .left), ("to", .left), ("holds", .right), ("of", .right), ("", .left)])
    for queue in held.prefix(Self.queueCount) {
      let from = ([queue.from.isEmpty ? "replay" : queue.from] + queue.relationships).joined(separator: ": ")
      table.add([from, queue.to, "\(queue.count)", queue.limit > 0 ? "\(queue.limit)" : "-", queue.isFull ? "full" : ""])
    }
    let lines = table.fitted(to: size.columns, cutting: [0, 1]).plainLines.map(cut)
    let more = held.count > Self.queueCount ? ["\(held.count - Self.queueCount) more"] : []
    return ["", styled(lines[0], .dim)] + lines.dropFirst() + more
  }

  private static func out(_ processor: LiveUpdate.Processor) -> Int64 { processor.sent.values.reduce(0, +) }

  /// FlowFiles a second that it has taken, or sent if it takes none.
  private func rate(_ processor: LiveUpdate.Processor, _ update: LiveUpdate, since last: LiveUpdate?) -> Double {
    let before = last?.processors.first { $0.name == processor.name }
    let seconds = update.elapsed - (before == nil ? 0 : last?.elapsed ?? 0)
    let taken = processor.received - (before?.received ?? 0), sent = Self.out(processor) - (before.map(Self.out) ?? 0)
    return seconds > 0 ? Double(processor.received > 0 ? taken : sent) / seconds : 0
  }

  private static func text(_ rate: Double) -> String {
    if rate >= 99.95 { return "\(Int(rate.rounded()))" }
    let tenths = Int((rate * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  /// `1:02:03`, `2:03`.
  static func clock(_ seconds: Double) -> String {
    let whole = Int(min(max(seconds, 0), 1e9))
    let minutes = "\(whole >= 3600 ? padded(whole / 60 % 60, 2) : "\(whole / 60)"):\(padded(whole % 60, 2))"
    return whole >= 3600 ? "\(whole / 3600):\(minutes)" : minutes
  }

  private func cut(_ text: String) -> String { TextTable.cut(text, to: size.columns) }
}
