import FlowCore
import FlowRuntime

/// What a run does, as lines for a terminal; none is longer than the terminal is wide.
struct TopPage {
  /// Where the width is not known.
  static let narrow = 80
  /// Queues are shown, the fullest first, up to this number.
  private static let queueCount = 8

  let terminal: Terminal
  let width: Int

  /// - Parameters:
  ///   - last: the update before, for rates of the last moment; nil for rates since the run began.
  ///   - others: ids of other runs under way.
  func lines(_ update: LiveUpdate, since last: LiveUpdate? = nil, others: [String] = []) -> [String] {
    head(update, others: others) + [""] + processors(update, since: last) + queues(update)
  }

  private func head(_ update: LiveUpdate, others: [String]) -> [String] {
    var first = "\(update.flow)  \(update.run)  \(Self.clock(update.elapsed))"
    if let ended = update.ended { first += "  ended: \(ended)" + (update.exit.map { ", exit \($0)" } ?? "") }
    var counts: [String] = []
    if update.participants.total > 0 { counts.append("participants \(update.participants.done)/\(update.participants.total)") }
    let flowfiles = update.flowfiles
    let ended = flowfiles.finished + flowfiles.removed + flowfiles.deferred + flowfiles.inErrors + flowfiles.abandoned
    counts.append("FlowFiles \(ended)/\(flowfiles.created)")
    if flowfiles.inErrors > 0 { counts.append("in errors \(flowfiles.inErrors)") }
    if flowfiles.deferred > 0 { counts.append("deferred \(flowfiles.deferred)") }
    if let remaining = update.remaining { counts.append("about \(Self.clock(remaining)) left") }
    var lines = [terminal.styled(cut(first), .bold), cut(counts.joined(separator: "  "))]
    if let stopping = update.stopping {
      lines.append(terminal.styled(cut("stopping: \(stopping.prefix { !$0.isNewline })"), .yellow))
    }
    if !others.isEmpty { lines.append(cut("also under way: \(others.joined(separator: ", "))")) }
    return lines
  }

  private func processors(_ update: LiveUpdate, since last: LiveUpdate?) -> [String] {
    var table = TextTable([
      ("processor", .left), ("in", .right), ("out", .right), ("failed", .right), ("queue", .right), ("/s", .right), ("now", .left),
    ])
    for processor in update.processors {
      let waiting = update.queues.reduce(processor.penalised) { $0 + ($1.to == processor.name ? $1.count : 0) }
      table.add([
        processor.name, "\(processor.received)", "\(Self.out(processor))", "\(processor.failed)", "\(waiting)", Self.text(rate(processor, update, since: last)),
        processor.active > 0 ? "\(processor.active) active" : processor.waitsFor.map { "waits: \($0)" } ?? "",
      ])
    }
    return table.fitted(to: width, cutting: [0, 6]).lines(terminal)
  }

  private func queues(_ update: LiveUpdate) -> [String] {
    let held = update.queues.filter { $0.count > 0 }.sorted { ($1.count, $0.to) < ($0.count, $1.to) }
    guard !held.isEmpty else { return [] }
    var table = TextTable([("queue", .left), ("to", .left), ("holds", .right), ("of", .right), ("", .left)])
    for queue in held.prefix(Self.queueCount) {
      let from = ([queue.from.isEmpty ? "replay" : queue.from] + queue.relationships).joined(separator: ": ")
      table.add([from, queue.to, "\(queue.count)", queue.limit > 0 ? "\(queue.limit)" : "-", queue.isFull ? "full" : ""])
    }
    let more = held.count > Self.queueCount ? ["\(held.count - Self.queueCount) more"] : []
    return [""] + table.fitted(to: width, cutting: [0, 1]).lines(terminal) + more
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
  private static func clock(_ seconds: Double) -> String {
    let whole = Int(min(max(seconds, 0), 1e9))
    let minutes = "\(whole >= 3600 ? padded(whole / 60 % 60, 2) : "\(whole / 60)"):\(padded(whole % 60, 2))"
    return whole >= 3600 ? "\(whole / 3600):\(minutes)" : minutes
  }

  private func cut(_ text: String) -> String { TextTable.cut(text, to: width) }
}
