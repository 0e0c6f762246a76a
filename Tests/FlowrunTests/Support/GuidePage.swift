import Foundation

/// A page of the guide, as a person reads it: the files that it shows and the commands that it has typed, in order.
///
/// - A block `sh` is typed. A command succeeds, unless its comment says `(exit N)`.
/// - A block `yaml` or `csv` whose first line is a comment with a file's name, such as `# study.yaml`, is that file from there on.
/// - Other blocks are only read; what they show has a test of its own (`bash`: commands of other programs, `nginx`, `json`).
struct GuidePage {
  enum Step: Equatable {
    case file(name: String, text: String)
    case command(text: String, exit: Int32)

    /// Whether the command goes on until it is stopped.
    var isServer: Bool {
      guard case .command(let text, _) = self else { return false }
      return ["flowrun serve ", "flowrun simulate "].contains { text.hasPrefix($0) }
    }
  }

  var steps: [Step] = []

  init(_ text: String) {
    var block: (kind: String, lines: [String])?
    var indentation = 0
    for whole in text.components(separatedBy: "\n") {
      // A block in a list is indented as its fence is.
      let line = String(whole.dropFirst(block == nil ? 0 : indentation))
      if block == nil { indentation = line.prefix { $0 == " " }.count }
      let fence = line.drop { $0 == " " }
      guard fence.hasPrefix("```") else {
        block?.lines.append(line)
        continue
      }
      guard let ended = block else {
        block = (String(fence.dropFirst(3)), [])
        continue
      }
      block = nil
      switch ended.kind {
      case "sh": steps += Self.commands(ended.lines)
      case "yaml", "csv":
        if let name = ended.lines.first?.wholeMatch(of: #/# ([a-z-]+\.(yaml|csv))/#)?.1 {
          steps.append(.file(name: String(name), text: ended.lines.dropFirst().joined(separator: "\n") + "\n"))
        }
      default: break
      }
    }
  }

  private static func commands(_ lines: [String]) -> [Step] {
    var steps: [Step] = [], words = ""
    for line in lines where !line.isEmpty && !line.hasPrefix("#") {
      words += line
      if words.hasSuffix("\\") {
        words.removeLast()
        continue
      }
      let exit = words.firstMatch(of: #/\ # .*\(exit (\d+)\)/#).flatMap { Int32($0.1) } ?? 0
      steps.append(.command(text: words, exit: exit))
      words = ""
    }
    return steps
  }
}
