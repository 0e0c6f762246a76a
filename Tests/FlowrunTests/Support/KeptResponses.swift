import FlowCompression
import FlowCore
import FlowFileSystem
import FlowTesting
import Foundation
import StudyRaw

/// What a study has kept of its responses, as a person finds it: objects in the raw folder, and what waits in the spool.
struct KeptResponses {
  private let study: Study
  /// The raw folder, relative to the study's.
  let folder: String

  init(_ study: Study, in folder: String = "raw") {
    self.study = study
    self.folder = folder
  }

  /// An answer's object and the hash of its content, as the ledger names them.
  struct Answer: Hashable {
    var object: String
    var sha256: String
  }

  var objects: [String] { get throws { try study.files(below: folder).filter { $0.hasSuffix(".jsonl.zst") } } }
  var spooled: [String] { get throws { try study.files(below: ".flowrun/raw") } }

  /// The whole answers in an object; none if it is not there.
  func answers(in object: String) throws -> Set<Answer> {
    guard let bytes = try read("\(folder)/\(object)") else { return [] }
    let content = try Zstandard.content(of: bytes, limitBytes: 1 << 30)
    return try Self.answers(content[...])
  }

  /// The responses in an object.
  func lines(in object: String) throws -> [RawLine] {
    let content = try Zstandard.content(of: try read("\(folder)/\(object)") ?? [], limitBytes: 1 << 30)
    return try content.split(separator: UInt8(ascii: "\n")).map { try RawLine(parsing: Array($0)) }
  }

  /// The whole answers in the spool. A journal that is being written may break off, and one that is listed may be gone: then its answers are in
  /// objects.
  func spooledAnswers() throws -> Set<Answer> {
    var found: Set<Answer> = []
    for name in try spooled where name.hasSuffix(".jsonl.zst") {
      guard let bytes = try read(".flowrun/raw/\(name)") else { continue }
      var decoder = try Zstandard.Decoder()
      let content = try decoder.decode(bytes)
      found.formUnion(try Self.answers(content.prefix(through: content.lastIndex(of: UInt8(ascii: "\n")) ?? -1)))
    }
    return found
  }

  private static func answers(_ content: ArraySlice<UInt8>) throws -> Set<Answer> {
    var found: Set<Answer> = []
    for text in content.split(separator: UInt8(ascii: "\n")) {
      let line = try RawLine(parsing: Array(text))
      _ = try line.checkedBody()
      if let sha256 = line.attributes?["sha256"] { found.insert(Answer(object: line.object, sha256: sha256)) }
    }
    return found
  }

  private func read(_ path: String) throws -> [UInt8]? {
    let fileSystem = POSIXFileSystem()
    let path = study.binary.folder.path(path)
    guard try fileSystem.status(path) != nil else { return nil }
    // It may be gone now.
    return try? fileSystem.read(path, limitBytes: 1 << 30)
  }
}

/// Looks at the ledger and at what is kept, again and again.
final class LedgerWatch {
  private let study: Study
  private let kept: KeptResponses
  private var seen: Set<KeptResponses.Answer> = []
  private(set) var missing: [KeptResponses.Answer] = []
  var seenCount: Int { seen.count }

  init(_ study: Study, _ kept: KeptResponses) {
    self.study = study
    self.kept = kept
  }

  /// Looks once. Rows first, then the spool, then the objects: an answer goes from the spool to its object, and never back.
  func look() throws {
    guard let collected = try? Collected(study.database), let rows = try? collected.strings("SELECT DISTINCT object || ' ' || sha256 FROM slice WHERE object IS NOT NULL")
    else { return }
    let visible = rows.map { row in
      let parts = row.split(separator: " ")
      return KeptResponses.Answer(object: String(parts[0]), sha256: String(parts[1]))
    }
    let new = Set(visible).subtracting(seen)
    guard !new.isEmpty else { return }
    let spooled = try kept.spooledAnswers()
    for (object, answers) in Dictionary(grouping: new, by: \.object) where !Set(answers).isSubset(of: spooled) {
      missing += Set(answers).subtracting(spooled).subtracting(try kept.answers(in: object))
    }
    seen.formUnion(new)
  }
}
