import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants

/// The data left uncollected when an error entry is discarded.
package struct DiscardedEntry: Encodable {
  package let uuid: String
  package let participant: String?
  package let dataType: String?
  package let sliceStart: String?
  package let sliceEnd: String?
  package let cause: String
  package let uncollected: String
  /// The remedy.
  package let next: String

  package enum CodingKeys: String, CodingKey {
    case uuid, participant, cause, uncollected, next
    case dataType = "data_type"
    case sliceStart = "slice_start"
    case sliceEnd = "slice_end"
  }

  package init(_ entry: StoredEntry, hint: CommandHint) {
    let attributes = entry.document.attributes
    uuid = entry.document.uuid
    participant = entry.participant
    dataType = entry.dataType
    sliceStart = attributes[AttributeName.sliceStart]
    sliceEnd = attributes[AttributeName.sliceEnd]
    cause = entry.cause.rawValue
    let who = entry.participant ?? "no participant"
    if let dataType, let sliceStart, let sliceEnd {
      let slices = entry.slices.count > 1 ? " (\(entry.slices.count) slices)" : ""
      uncollected = "\(dataType) of \(who), \(sliceStart) to \(sliceEnd)\(slices)"
    } else {
      uncollected = "\(entry.dataType.map { $0 + ", " } ?? "")what '\(entry.document.processor)' stopped for \(who)"
    }
    next = Self.next(entry, hint.assuming(entry.owner))
  }

  private static func next(_ entry: StoredEntry, _ hint: CommandHint) -> String {
    let flow = entry.document.flowFile ?? "FLOW"
    switch entry.cause {
    case .scope, .needsConsent: return "a run requests it once the consent covers it"
    case _ where entry.slice == nil: return "the next run tries again: \(hint.command([flow]))"
    case _ where entry.cause.isRetryable || entry.cause == .badData: return "the next run requests it: \(hint.command([flow]))"
    default: return "no run requests it automatically: \(recollect(entry, flow, hint))"
    }
  }

  private static func recollect(_ entry: StoredEntry, _ flow: String, _ hint: CommandHint) -> String {
    let attributes = entry.document.attributes
    var words = ["recollect", flow]
    for (option, value) in [
      ("--participant", entry.participant), ("--data-type", entry.dataType), ("--from", attributes[AttributeName.sliceDate]),
      ("--until", attributes[AttributeName.sliceEndDate]),
    ] {
      if let value { words += [option, value] }
    }
    return hint.command(words)
  }
}

extension StoredEntry {
  /// The parameters of its provider and database: without them a command may be about others. None for the bundled simulator, where they are
  /// the defaults.
  package var owner: [(name: String, value: String)] {
    guard let database = document.database, let provider = document.provider, provider.address != "simulator" else { return [] }
    return [("api", provider.address), ("database", database.path)]
  }
}
