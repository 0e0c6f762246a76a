import FlowCore
import StudyModel

/// The file `flowrun.prom` in a folder that node_exporter's textfile collector reads.
///
/// Flows share a folder: each replaces its own samples and keeps those of the others. The file is replaced as a whole, so that a reader never sees a
/// part of it. May be used from any thread.
package struct MetricsTextfile: Sendable {
  static let name = "flowrun.prom"
  private static let lockAttempts = 40
  private static let lockInterval = Duration.milliseconds(50)

  private let folder: String
  private let flow: String
  private let fileSystem: any FileSystem
  private let lane: any Lane

  /// - Parameter lane: runs the calls of `fileSystem`.
  package init(folder: String, flow: String, fileSystem: any FileSystem, lane: any Lane) {
    self.folder = folder
    self.flow = flow
    self.fileSystem = fileSystem
    self.lane = lane
  }

  /// Replaces the flow's samples. A family that this flow does not tell again goes, except those of `kept`.
  ///
  /// Another process may write at the same time: each waits for the other for two seconds, then goes on. Throws `FileSystemError`.
  /// - Parameters:
  ///   - families: every sample has the label `flow`.
  ///   - kept: names of families whose samples of this flow stay if `families` has none.
  package func replace(_ families: [MetricFamily], keeping kept: Set<String> = [], time: any TimeSource) async throws {
    precondition(families.allSatisfy { $0.samples.allSatisfy { $0.labels["flow"] == flow } }, "each sample belongs to the flow")
    let lockPath = "\(folder)/.\(Self.name).lock"
    let lock = try await lane.run { try fileSystem.open(lockPath, .readWrite(mode: 0o644)) }
    try await withClosing {
      for _ in 0..<Self.lockAttempts {
        if try await lane.run({ try fileSystem.lock(lock, offset: 0, length: 1, path: lockPath) }) { break }
        await time.sleep(for: Self.lockInterval)
      }
      try await lane.run { try replaceNow(families, keeping: kept) }
    } close: {
      try await lane.run { fileSystem.close(lock) }
    }
  }

  private func replaceNow(_ families: [MetricFamily], keeping kept: Set<String>) throws {
    let path = "\(folder)/\(Self.name)", mark = PrometheusText.label("flow", flow)
    let told = Set(families.filter { !$0.samples.isEmpty }.map(\.name))
    let present = try fileSystem.status(path) == nil ? "" : String(decoding: try fileSystem.read(path, limitBytes: 16 << 20), as: UTF8.self)
    let others = PrometheusText.Lines(present).dropping { name, line in line.contains(mark) && !(kept.contains(name) && !told.contains(name)) }
    let text = others.adding(PrometheusText.text(families)).text
    // node_exporter runs as another user, and reads only names that end in .prom.
    try fileSystem.replaceDurably(path, with: Array(text.utf8), temporary: "\(folder)/.\(Self.name).new", mode: 0o644)
  }
}

extension PrometheusText {
  /// An exposition as lines by family.
  struct Lines {
    private struct Family {
      var name: String
      var comments: [Substring] = []
      var samples: [Substring] = []
    }
    private var families: [Family] = []

    init(_ text: String) {
      for line in text.split(separator: "\n") {
        if line.hasPrefix("# ") {
          let words = line.split(separator: " ", maxSplits: 3)
          guard words.count > 2 else { continue }
          let index = index(of: String(words[2]))
          if !families[index].comments.contains(line) { families[index].comments.append(line) }
        } else {
          families[index(of: String(line.prefix { $0 != "{" && $0 != " " }))].samples.append(line)
        }
      }
    }

    private mutating func index(of name: String) -> Int {
      if let index = families.firstIndex(where: { $0.name == name }) { return index }
      families.append(Family(name: name))
      return families.count - 1
    }

    /// - Parameter isDropped: called with the name and the whole line of each sample.
    func dropping(where isDropped: (_ name: String, _ line: Substring) -> Bool) -> Lines {
      var kept = self
      for index in kept.families.indices { kept.families[index].samples.removeAll { isDropped(families[index].name, $0) } }
      kept.families.removeAll { $0.samples.isEmpty }
      return kept
    }

    func adding(_ text: String) -> Lines {
      var sum = self
      for family in Lines(text).families {
        let index = sum.index(of: family.name)
        sum.families[index].comments = family.comments
        sum.families[index].samples += family.samples
      }
      return sum
    }

    var text: String { families.flatMap { $0.comments + $0.samples }.map { $0 + "\n" }.joined() }
  }
}
