import FlowCore

/// What a run would ask, as far as participant files and ledger tell before it.
package struct RunPlan: Sendable, Equatable, Encodable {
  package struct Requests: Sendable, Equatable, Encodable {
    package var total = 0
    /// By the processor that makes them.
    package var byEndpoint: [String: Int] = [:]
    package var byParticipant: [String: Int] = [:]

    package enum CodingKeys: String, CodingKey {
      case total
      case byEndpoint = "by_endpoint"
      case byParticipant = "by_participant"
    }

    mutating func add(_ count: Int, at endpoint: String, for participant: String) {
      total += count
      byEndpoint[endpoint, default: 0] += count
      byParticipant[participant, default: 0] += count
    }
  }

  package struct Participants: Sendable, Equatable, Encodable {
    package var total = 0
    package var asked = 0
    /// Of those asked: nobody has asked for their latest sync yet, so how much there is to ask is not known.
    package var neverSynced = 0
    /// Of those asked: no tracker, one that never synced, or a sync earlier than one before, when they were asked last.
    package var nothingToCollect = 0
    package var needsConsent = 0
    package var skipped = 0
    package var unreadable = 0
    /// Their files can be read, and the run refuses them.
    package var refused = 0

    package enum CodingKeys: String, CodingKey {
      case total, asked, skipped, unreadable, refused
      case neverSynced = "never_synced"
      case nothingToCollect = "nothing_to_collect"
      case needsConsent = "needs_consent"
    }
  }

  /// What those may add whose latest sync is not known, if their trackers had synced by now.
  package struct AtMost: Sendable, Equatable, Encodable {
    package var requests = 0
    package var slices = 0
  }

  /// The flow's name.
  package var flow: String
  package var participants = Participants()
  package var requests = Requests()
  package var slices = 0
  package var slicesByDataType: [String: Int] = [:]
  package var atMost: AtMost?
  /// The shortest time that the rate limits allow for the requests.
  package var seconds: Int64 = 0
  /// Which limit that is; nil if none makes anybody wait.
  package var limitedBy: String?
  /// What the rows will take, at most.
  package var diskBytes: Int64 = 0
  /// What cannot be known before the run.
  package var unknown: [String] = []
  /// Why participants are refused, each reason once; it names them.
  package var refusals: [String] = []

  package init(flow: String) { self.flow = flow }

  package enum CodingKeys: String, CodingKey {
    case flow, participants, requests, slices, seconds, unknown, refusals
    case slicesByDataType = "slices_by_data_type"
    case atMost = "at_most"
    case limitedBy = "limited_by"
    case diskBytes = "disk_bytes"
  }
}
