import FlowCore

/// Who takes leases: a run or command of a batch on a host. Composed before the stores are opened.
package struct LeaseParty: Sendable, Equatable {
  /// Empty for a command.
  package var run: String
  package var host: String
  /// The same for everything that runs on the host until it is started again, and on no other host; empty if that is not known. Within it the
  /// locks of the batch folder decide: who has the lock of a participant may take the lease of a run there that has died.
  package var hostID: String
  /// Identifies the batch folder wherever it is mounted.
  package var batchID: String
  /// The batch as a person would name it: host and path.
  package var batch: String

  package init(run: String, host: String, hostID: String = "", batchID: String, batch: String) {
    self.run = run
    self.host = host
    self.hostID = hostID
    self.batchID = batchID
    self.batch = batch
  }

  /// As in `LeaseAnswer.heldBy`.
  package var holder: String { run.isEmpty ? "a command on \(host)" : "run \(run) on \(host)" }
}

/// The party of a run, once it is known.
package final class LeaseParties: Sendable {
  private let state = Locked<LeaseParty?>(nil)
  /// The host's name.
  package let host: @Sendable () -> String
  /// As in `LeaseParty`.
  package let hostID: @Sendable () -> String

  package init(host: @escaping @Sendable () -> String = { "this host" }, hostID: @escaping @Sendable () -> String = { "" }) {
    self.host = host
    self.hostID = hostID
  }

  package var party: LeaseParty? {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}

extension RuntimeEnvironment {
  /// Who takes leases. Set before a store with leases is prepared.
  package var leaseParty: LeaseParty? { leaseParties.party }
  package var leaseParties: LeaseParties { shared.value { LeaseParties() } }
}
