import FlowCore

/// What a run does at one moment: what the run page, `GET runs/{run}/events` and displays at a terminal show.
package struct LiveUpdate: Sendable, Equatable, Codable {
  package struct Participants: Sendable, Equatable, Codable {
    /// With an outcome other than `deferred`.
    package var done: Int
    package var total: Int

    package init(done: Int, total: Int) {
      self.done = done
      self.total = total
    }
  }

  package struct Processor: Sendable, Equatable, Codable {
    package var name: String
    package var received: Int64
    /// FlowFiles by relationship.
    package var sent: [String: Int64]
    package var failed: Int64
    package var retried: Int64
    /// Triggers under way.
    package var active: Int
    /// FlowFiles that wait for the end of a penalty (a retry, a rate limit).
    package var penalised: Int
    /// What it waits for, in words; nil if for nothing.
    package var waitsFor: String?
    /// FlowFiles that it has taken and holds until it has enough of them, as MergeContent does; nil if none.
    package var held: Int?

    package init(
      name: String, received: Int64, sent: [String: Int64], failed: Int64, retried: Int64, active: Int, penalised: Int, waitsFor: String?, held: Int? = nil
    ) {
      self.name = name
      self.received = received
      self.sent = sent
      self.failed = failed
      self.retried = retried
      self.active = active
      self.penalised = penalised
      self.waitsFor = waitsFor
      self.held = held
    }

    package enum CodingKeys: String, CodingKey {
      case name, received, sent, failed, retried, active, penalised, held
      case waitsFor = "waits_for"
    }
  }

  /// A connection.
  package struct Queue: Sendable, Equatable, Codable {
    package var from: String
    package var to: String
    package var relationships: [String]
    package var count: Int
    /// At this count the processor before it is no longer triggered.
    package var limit: Int
    /// Back pressure: the processor before it waits.
    package var isFull: Bool

    package init(from: String, to: String, relationships: [String], count: Int, limit: Int, isFull: Bool) {
      self.from = from
      self.to = to
      self.relationships = relationships
      self.count = count
      self.limit = limit
      self.isFull = isFull
    }

    package enum CodingKeys: String, CodingKey {
      case from, to, relationships, count, limit
      case isFull = "full"
    }
  }

  package var run: String
  package var flow: String
  /// RFC 3339, by the machine's clock.
  package var time: String
  /// Seconds since the run was created.
  package var elapsed: Double
  /// What the data belong to: the folder of the participants, else the database; nil if the flow has neither. Two runs of one flow that agree
  /// in it do the same work.
  package var batch: String?
  /// Seconds until the end, as far as the pace so far and the waits under way tell; nil while nothing can be said.
  package var remaining: Double?
  package var participants: Participants
  package var flowfiles: FlowFileCounts
  package var processors: [Processor]
  package var queues: [Queue]
  /// Why the run takes in nothing new; nil while it does.
  package var stopping: String?
  /// Set in the last update: how the run ended (`complete`, `partial`, `failed`).
  package var ended: String?
  /// The exit code, in the last update.
  package var exit: Int32?

  package init(
    run: String, flow: String, time: String, elapsed: Double, participants: Participants, flowfiles: FlowFileCounts, processors: [Processor],
    queues: [Queue], stopping: String? = nil, ended: String? = nil, exit: Int32? = nil, batch: String? = nil, remaining: Double? = nil
  ) {
    self.run = run
    self.flow = flow
    self.time = time
    self.elapsed = elapsed
    self.participants = participants
    self.flowfiles = flowfiles
    self.processors = processors
    self.queues = queues
    self.stopping = stopping
    self.ended = ended
    self.exit = exit
    self.batch = batch
    self.remaining = remaining
  }
}
