import FlowCore
import StudyModel
import StudyParticipants

/// Encrypts or decrypts the participant files of a batch one by one. Each file is replaced atomically, so an
/// interrupted command can be repeated.
package struct BatchEncryption: Sendable {
  package struct Report: Encodable, Sendable, Equatable {
    package var changed = 0
    /// Files already in the wanted form.
    package var unchanged = 0
    /// Participants held by another run, left unchanged.
    package var held: [String] = []
    /// Problems of unreadable files, which are left unchanged.
    package var unreadable: [String] = []

    package enum CodingKeys: CodingKey { case changed, unchanged, held, unreadable }

    package func encode(to encoder: any Encoder) throws {
      var members = encoder.container(keyedBy: CodingKeys.self)
      try members.encode(changed, forKey: .changed)
      try members.encode(unchanged, forKey: .unchanged)
      try members.encode(held.count, forKey: .held)
      try members.encode(unreadable.count, forKey: .unreadable)
    }

    package var status: ExitStatus { !held.isEmpty ? .retryableLeft : unreadable.isEmpty ? .success : .needsPerson }
  }

  private let batch: ParticipantBatch

  package init(_ batch: ParticipantBatch) { self.batch = batch }

  /// Throws `Diagnostics` if the key is missing or opens none of the files, before any file is changed.
  package func encrypt() async throws -> Report {
    try await batch.store.checkKey()
    try await batch.store.requireKey()
    return try await change(isEncrypted: true)
  }

  /// Throws `Diagnostics` as `encrypt` does.
  package func decrypt() async throws -> Report {
    try await batch.store.checkKey()
    return try await change(isEncrypted: false)
  }

  private func change(isEncrypted: Bool) async throws -> Report {
    try await batch.services.whileLeasing {
      var report = Report()
      for listing in try await batch.store.list() {
        do {
          try await change(listing, isEncrypted: isEncrypted, &report)
        } catch let error as ProcessorError {
          report.unreadable.append(error.description)
        }
      }
      return report
    }
  }

  private func change(_ listing: ParticipantListing, isEncrypted: Bool, _ report: inout Report) async throws {
    if let problem = listing.problem { throw ProcessorError(.badParticipantFile, problem) }
    let result = try await batch.store.change(listing.name) { file in
      defer { file.isEncrypted = isEncrypted }
      return file.isEncrypted != isEncrypted
    }
    switch result {
    case .done(true): report.changed += 1
    case .done(false): report.unchanged += 1
    case .heldByAnotherRun: report.held.append(listing.name)
    }
  }
}
