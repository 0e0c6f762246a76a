import FlowCore
import FlowCrypto
import StudyModel
import StudyParticipants
import StudyProcessors

/// An archive that others made: plain responses as files `PARTICIPANT/DATA_TYPE/DATE.json` below a folder.
struct ArchiveFolder: RawReading {
  /// A file that cannot be placed, and why.
  struct Misplaced: Sendable, Equatable {
    var path: String
    var reason: String
  }

  struct Listing: Sendable {
    var objects: [RawObject] = []
    var misplaced: [Misplaced] = []
  }

  let folder: String
  /// By name.
  let types: [String: ArchivedDataType]
  /// The zones of participants, by name, and the one for all others; nil if it is not known.
  let zones: [String: String]
  let otherZone: String?
  let provider: String
  let fileSystem: any FileSystem
  let lane: any Lane

  private static let suffix = ".json"
  private static let limitBytes = 1 << 30

  func listObjects() async throws -> RawListing {
    let listing = try await list()
    return RawListing(objects: listing.objects, foreign: listing.misplaced.map(\.path))
  }

  /// Every file below the folder, placed or not. Throws `FileSystemError`.
  func list() async throws -> Listing {
    try await lane.run {
      var listing = Listing()
      for participant in try fileSystem.names(in: folder) {
        guard try isFolder(participant) else {
          listing.misplaced.append(Misplaced(path: participant, reason: "it is not in a participant's folder"))
          continue
        }
        guard ParticipantName.isValid(participant) else {
          listing.misplaced.append(Misplaced(path: participant + "/", reason: "its name is not a participant's; expected \(ParticipantName.expected)"))
          continue
        }
        for type in try fileSystem.names(in: "\(folder)/\(participant)") { try list(participant, type, &listing) }
      }
      return listing
    }
  }

  private func list(_ participant: String, _ type: String, _ listing: inout Listing) throws {
    let path = "\(participant)/\(type)"
    guard try isFolder(path) else {
      listing.misplaced.append(Misplaced(path: path, reason: "it is not in a data type's folder"))
      return
    }
    guard let known = types[type] else {
      let names = types.keys.sorted()
      let hint = NearestName.hint(for: type, among: names).map { "; \($0)" } ?? ""
      listing.misplaced.append(Misplaced(path: path + "/", reason: "the flow collects no data type '\(type)'\(hint)"))
      return
    }
    for name in try fileSystem.names(in: "\(folder)/\(path)") {
      let file = "\(path)/\(name)"
      guard name.hasSuffix(Self.suffix), let date = CivilDate(text: String(name.dropLast(Self.suffix.count))) else {
        listing.misplaced.append(Misplaced(path: file, reason: "its name is not a date; expected a name such as 2026-01-05.json"))
        continue
      }
      do {
        _ = try known.answer(of: participant, date, zone: zone(of: participant), writtenAt: Instant(seconds: 0), provider: provider, body: [])
        // By date: what is the order of runs elsewhere.
        listing.objects.append(RawObject(key: file, participant: participant, run: date.text))
      } catch {
        listing.misplaced.append(Misplaced(path: file, reason: error.failure.message))
      }
    }
  }

  private func isFolder(_ path: String) throws -> Bool { try fileSystem.status("\(folder)/\(path)")?.isFolder ?? false }
  private func zone(of participant: String) -> String? { zones[participant] ?? otherZone }

  func open(_ object: RawObject) async throws -> any RawObjectReader {
    let parts = object.key.split(separator: "/").map(String.init)
    guard parts.count == 3, let type = types[parts[1]], let date = CivilDate(text: String(parts[2].dropLast(Self.suffix.count))) else {
      throw ProcessorError(.internal, "the file \(object.key) was listed although it cannot be placed")
    }
    let path = "\(folder)/\(object.key)"
    let body: [UInt8], time: Instant
    do {
      (body, time) = try await lane.run {
        (try fileSystem.read(path, limitBytes: Self.limitBytes), try fileSystem.modificationTime(path) ?? Instant(seconds: 0))
      }
    } catch let error as FileSystemError {
      throw ProcessorError(.disk, "the file \(path) cannot be read: \(error)")
    }
    let answer = try type.answer(of: object.participant, date, zone: zone(of: object.participant), writtenAt: time, provider: provider, body: body)
    return ArchivedFile(answer: KeptAnswer(answer: answer, run: nil, object: object.key), sha256: Hexadecimal.text(SHA256.digest(of: body)))
  }
}

/// The single answer of an archive's file.
private final class ArchivedFile: RawObjectReader {
  let sha256: String
  private let answer: Locked<KeptAnswer?>

  init(answer: KeptAnswer, sha256: String) {
    self.answer = Locked(answer)
    self.sha256 = sha256
  }

  func next() async throws -> KeptAnswer? {
    answer.withLock { answer in
      defer { answer = nil }
      return answer
    }
  }

  func close() async throws {}
}
