import FlowCore

/// The result of a run: the object that `--format json` prints and the journal stores.
package struct RunReport: Codable, Sendable, Equatable {
  package enum Status: String, Codable, Sendable {
    /// Ended normally, and no work is left for another run.
    case complete
    /// Stopped by a signal or `--timeout`, or retryable work is left; finished work is saved.
    case partial
    /// Stopped by a failure of the run as a whole.
    case failed
  }
  package struct Participants: Codable, Sendable, Equatable {
    package var total = 0
    package var complete = 0
    package var deferred = 0
    package var needsConsent = 0
    package var failed = 0
    package var skipped = 0
    package init() {}
    enum CodingKeys: String, CodingKey {
      case total, complete, deferred, failed, skipped
      case needsConsent = "needs_consent"
    }
  }
  package typealias FlowFiles = FlowFileCounts
  package typealias Processor = ProcessorReport
  package struct Rows: Codable, Sendable, Equatable {
    package var inserted = 0
    package var updated = 0
    package var unchanged = 0
    package init() {}
  }
  package struct Errors: Codable, Sendable, Equatable {
    package var count = 0
    package var folder = ""
    package init(count: Int = 0, folder: String = "") {
      self.count = count
      self.folder = folder
    }
  }

  /// Bulletins of one kind.
  package struct Warning: Codable, Sendable, Equatable {
    /// `warning` or `error`.
    package var level: String
    /// Empty if it concerns the run as a whole.
    package var processor: String
    package var subject: String
    package var count: Int
    /// Some of their messages.
    package var detail: String
    package init(level: String, processor: String, subject: String, count: Int, detail: String) {
      self.level = level
      self.processor = processor
      self.subject = subject
      self.count = count
      self.detail = detail
    }
  }

  package var run: String
  package var flow: String
  package var flowSHA256: String
  package var status: Status = .failed
  /// RFC 3339.
  package var started: String
  package var finished: String
  package var participants = Participants()
  package var flowfiles = FlowFiles()
  package var processors: [Processor] = []
  /// By table; data tables only.
  package var rows: [String: Rows] = [:]
  package var errors = Errors()
  package var exit: Int32 = 1
  // Reports of earlier versions lack the following members.
  /// Further exit codes that apply.
  package var also: [Int32]?
  /// Why the run stopped or failed.
  package var stopped: String?
  /// The participants and their data are simulated.
  package var simulated: Bool?
  /// Where the rows were written, as the flow names it.
  package var databases: [String]?
  /// Those of the run itself first, then in the order of the processors.
  package var warnings: [Warning]?
  /// The SQL models of the flow, in the order in which they were built; nil if it has none, or the run did not end by itself.
  package var models: [ModelReport]?
  /// The ends of the audit trails after the run: what is cut off of a trail later is missed.
  package var audit: [AuditHead]?

  /// What is left undone, by cause: first what needs a person, then the most frequent.
  package var troubles: [Trouble]?
  /// Path of the flow file, as it was given.
  package var flowFile: String?

  package init(run: String, flow: String, flowSHA256: String, started: String, finished: String) {
    self.run = run
    self.flow = flow
    self.flowSHA256 = flowSHA256
    self.started = started
    self.finished = finished
  }
  enum CodingKeys: String, CodingKey {
    case run, flow, status, started, finished, participants, flowfiles, processors, rows, errors, warnings, exit, also, stopped, simulated
    case databases, models, troubles, audit
    case flowFile = "flow_file"
    case flowSHA256 = "flow_sha256"
  }
}
