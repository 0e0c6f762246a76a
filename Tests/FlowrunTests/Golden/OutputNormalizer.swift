import Foundation

/// Takes out of an output what no run repeats: ports, folders, ids, hashes and measured durations. Each takes the room that it had, so that
/// columns stay where they were.
struct OutputNormalizer {
  /// The study's folder.
  private let folder: String
  private var uuids: [String: String] = [:]
  private var runs: [String: String] = [:]

  init(folder: String) { self.folder = folder }

  /// Ids get numbers in the order in which they are first seen, in this and earlier outputs.
  mutating func normalized(_ text: String) -> String {
    var text = text.replacing(folder, with: "/study")
    text = text.replacing(BuiltBinary.repository.path().trimming("/"), with: "repository")
    // An address may be cut short where a line ends.
    text = text.replacing(#/127\.0\.0\.1:(\d+)/#) { "127.0.0.1:\(String(repeating: "0", count: $0.1.count))" }
    text = Self.numbered(text, #/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/#, &uuids) { String(format: "%08x-0000-4000-8000-000000000000", $1) }
    text = Self.numbered(text, #/\d{8}T\d{6}Z-[0-9a-f]{6}/#, &runs) { "\($0.prefix(17))\(String(format: "%06d", $1))" }
    // Of a text, of a database.
    text = text.replacing(#/[0-9a-f]{32,}/#) { match in
      switch match.output.count {
      case 64: String(repeating: "5", count: 64)
      case 32: String(repeating: "3", count: 32)
      default: String(match.output)
      }
    }
    text = text.replacing(#/\/consent\/[A-Za-z0-9_-]{22}/#, with: "/consent/" + String(repeating: "c", count: 22))
    // Of the machine.
    text = text.replacing(#/[\d.]+ [KMGT]B are free/#, with: "9 GB are free").replacing(#/SQLite 3\.\d+\.\d+/#, with: "SQLite 3")
    // What was measured, with the column that it makes wide.
    text = text.replacing(#/ +\d+\.\d\d s\b/#, with: "   0.00 s").replacing(#/ +busy\n/#, with: "     busy\n")
    text = text.replacing(#/("(?:elapsed|rate|remaining|busy_seconds|seconds|queue_high_water)" : )[0-9.e-]+/#) { "\($0.1)0" }
    text = text.replacing(#/(_seconds[a-z_]*(?:\{[^}\n]*\})? )[0-9.e-]+\n/#) { "\($0.1)0\n" }
    // A retry's minute counts from when the run met its trouble, by a clock that runs on.
    text = text.replacing(#/retry at \d\d:\d\d/#, with: "retry at 00:30")
    // What top measures: how long the run has been going, and how many FlowFiles pass a second.
    text = text.replacing(#/  \d+:\d\d\n/#, with: "  0:00\n").replacing(#/queue +\/s/#, with: "queue  /s")
    text = text.replacing(#/(\n\S[^\n]*?(?: +\d+){4}) +[\d.]+(\n|  waits)/#) { "\($0.1)   0\($0.2)" }
    return text
  }

  private static func numbered(_ text: String, _ pattern: Regex<Substring>, _ known: inout [String: String], name: (_ found: String, _ number: Int) -> String) -> String {
    text.replacing(pattern) { match in
      let found = String(match.output)
      if let name = known[found] { return name }
      let made = name(found, known.count + 1)
      known[found] = made
      return made
    }
  }
}

extension String {
  fileprivate func trimming(_ character: Character) -> String { last == character ? String(dropLast()) : self }
}
