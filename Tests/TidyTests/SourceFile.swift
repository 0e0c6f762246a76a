import Foundation

/// A file of the repository, read once for all tests.
struct SourceFile: Sendable {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The files with text, by the folder below the root.
  private static let byFolder: [String: [SourceFile]] = Dictionary(
    uniqueKeysWithValues: ["Sources", "Tests", "Scripts", "Flows", "Benchmarks"].map { ($0, files(below: $0)) })

  /// The path below the root.
  let path: String
  let text: String

  var name: String { path.split(separator: "/").last.map(String.init) ?? path }
  var isSwift: Bool { path.hasSuffix(".swift") }

  /// - Parameter folders: `Sources`, or a folder below it.
  static func all(in folders: String...) -> [SourceFile] { all(in: folders) }
  static func all(in folders: [String]) -> [SourceFile] {
    folders.flatMap { folder in
      let top = String(folder.prefix { $0 != "/" })
      return (byFolder[top] ?? []).filter { $0.path.hasPrefix(folder + "/") }
    }
  }
  static func swift(in folders: String...) -> [SourceFile] { all(in: folders).filter(\.isSwift) }

  private static func files(below folder: String) -> [SourceFile] {
    let enumerator = FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: [.isRegularFileKey])
    let prefix = root.path(percentEncoded: false).count
    return (enumerator?.compactMap { $0 as? URL } ?? []).compactMap { url in
      guard (try? url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true else { return nil }
      // A file that is not text follows no rule of style.
      guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
      return SourceFile(path: String(url.path(percentEncoded: false).dropFirst(prefix).drop { $0 == "/" }), text: text)
    }
  }

  /// A line that matches a pattern.
  struct Place: CustomStringConvertible {
    var path: String
    /// From 1.
    var number: Int
    var line: String
    /// The part that matches.
    var match: String
    var description: String { "\(path):\(number)" }
    var isComment: Bool { line.drop(while: \.isWhitespace).hasPrefix("//") }
  }

  /// The lines that match. Foundation's expressions search a whole file at once: many times faster than Swift's, line by line.
  func places(of pattern: String) throws -> [Place] { try places(of: pattern, in: text) }

  /// - Parameter text: the file's text, without some words.
  func places(of pattern: String, in text: String) throws -> [Place] {
    let expression = try NSRegularExpression(pattern: pattern, options: .anchorsMatchLines)
    let whole = text as NSString
    var places: [Place] = []
    for match in expression.matches(in: text, range: NSRange(location: 0, length: whole.length)) {
      let line = whole.lineRange(for: NSRange(location: match.range.location + match.range.length, length: 0))
      let before = whole.substring(to: line.location)
      let number = before.utf8.count { $0 == UInt8(ascii: "\n") } + 1
      guard places.last?.number != number else { continue }
      places.append(
        Place(
          path: path, number: number, line: whole.substring(with: line).trimmingCharacters(in: .newlines), match: whole.substring(with: match.range)))
    }
    return places
  }
}
