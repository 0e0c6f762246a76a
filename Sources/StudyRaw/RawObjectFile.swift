import FlowCore
import FlowObjects
import StudyModel

/// Reads the answers of an object from a local file.
final class RawObjectFile: RawObjectReader {
  fileprivate struct Reading {
    var lines: RawObjectLines
    /// Responses whose answer is not whole yet, by FlowFile and attempt.
    var unfinished: [[String]: [RawResponse]] = [:]
  }

  let sha256: String
  /// Whose responses it holds.
  let kind: RunKind
  private let key: String
  private let fetched: FetchedObject
  private let lane: any Lane
  /// Never waited for: one caller reads, on one lane. The lock lets the file be passed on meanwhile.
  private let reading: Locked<Reading>

  /// Reads the whole file once. Throws `RawDamage` and `FileSystemError`.
  static func open(_ fetched: FetchedObject, key: String, _ fileSystem: any FileSystem, _ lane: any Lane) async throws -> RawObjectFile {
    let (sha256, kind) = try await lane.run {
      var kind = RunKind.real
      let lines = try RawObjectLines(path: fetched.path, fileSystem: fileSystem)
      var number = 0
      while let text = try lines.next() {
        number += 1
        do {
          let line = try RawLine(parsing: text)
          guard line.object == key else { throw RawDamage("it belongs to object '\(line.object)'") }
          kind = line.simulated == true ? .simulated : .real
          _ = try line.checkedBody()
        } catch let damage as RawDamage {
          throw RawDamage("line \(number): \(damage)")
        }
      }
      // An object is made of answers, so an empty one is what is left of it.
      guard number > 0 else { throw RawDamage("it holds no response; expected at least one") }
      return (lines.sha256(), kind)
    }
    return try RawObjectFile(fetched, key: key, sha256: sha256, kind: kind, fileSystem, lane)
  }

  private init(_ fetched: FetchedObject, key: String, sha256: String, kind: RunKind, _ fileSystem: any FileSystem, _ lane: any Lane) throws {
    self.fetched = fetched
    self.key = key
    self.sha256 = sha256
    self.kind = kind
    self.lane = lane
    reading = Locked(Reading(lines: try RawObjectLines(path: fetched.path, fileSystem: fileSystem)))
  }

  func next() async throws -> KeptAnswer? {
    do {
      return try await lane.run { [reading] in try reading.withLock { try $0.next() } }
    } catch let error as FileSystemError {
      throw ProcessorError(.disk, "object \(key) cannot be read: \(error); check the disk and the rights, and run rebuild again")
    } catch let damage as RawDamage {
      // It was whole a moment ago.
      throw ProcessorError(.badData, "object \(key) is damaged: \(damage); nothing more was made from it: restore it from a copy")
    }
  }

  func close() async throws {
    do {
      try await fetched.remove()
    } catch {
      throw ProcessorError(.disk, error.message)
    }
  }
}

extension RawObjectFile.Reading {
  fileprivate mutating func next() throws -> KeptAnswer? {
    while let text = try lines.next() {
      let line = try RawLine(parsing: text)
      let answer = [line.flowFile, line.attempt ?? ""]
      unfinished[answer, default: []].append(try RawResponse(line))
      guard let attributes = line.attributes, let responses = unfinished.removeValue(forKey: answer) else { continue }
      let kept = RawAnswer(
        participant: line.participant, provider: line.provider, processor: line.processor, flowFile: line.flowFile, attributes: attributes,
        responses: responses, isComplete: true, attempt: line.attempt ?? "", members: line.members)
      return KeptAnswer(answer: kept, run: line.run, object: line.object)
    }
    return nil
  }
}

extension RawResponse {
  /// Throws `RawDamage`.
  fileprivate init(_ line: RawLine) throws {
    guard let fetchedAt = Instant(rfc3339: line.fetchedAt) else { throw RawDamage("'fetched_at' is '\(line.fetchedAt)'; expected RFC 3339") }
    let element = line.element.map { Element(index: $0.index, attributes: $0.attributes) }
    self.init(
      place: Place(part: line.part, span: line.span, page: line.page, element: element, isText: line.form == .text, isAbsent: line.form == .absent), url: line.url, status: line.status,
      headers: line.headers.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }, fetchedAt: fetchedAt, body: try line.checkedBody())
  }
}
