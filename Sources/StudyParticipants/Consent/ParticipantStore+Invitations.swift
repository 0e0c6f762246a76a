import FlowCore

/// Invitations of the batch's participants. A change holds the invitation's own lock for as long as it takes to write it, never the participant's:
/// a link can be opened while a run collects.
extension ParticipantStore {
  /// Keeps new invitations, each in the place of the participant's earlier one; durable when it returns. Throws `StopRun`.
  package func invite(_ invitations: [Invitation]) async throws {
    for invitation in invitations {
      try await whileInvitationIsLocked(of: invitation.participant) { try $0.put(invitation) }
    }
    let folder = InvitationFolder(folder)
    try await onDisk { try folder.synchronize() }
  }

  /// The invitation with the digest of a code; nil if there is none. Throws `Diagnostics` for a damaged one, and `StopRun`.
  package func invitation(withDigest digest: String) async throws -> Invitation? {
    let folder = InvitationFolder(folder)
    return try await onDisk { try folder.find(digest) }
  }

  /// Changes the invitation with the digest of a code; durable when it returns. nil if there is none. Throws `Diagnostics` for a damaged one, and
  /// `StopRun`.
  package func changeInvitation<Value: Sendable>(
    withDigest digest: String, _ change: @escaping @Sendable (inout Invitation) -> Value
  ) async throws -> Value? {
    guard let found = try await invitation(withDigest: digest) else { return nil }
    return try await whileInvitationIsLocked(of: found.participant) { folder in
      // It may have been replaced meanwhile.
      try folder.find(digest).map { try Self.changed($0, in: folder, change) }
    }
  }

  /// Changes the participant's invitation, if there is one; durable when it returns. Throws `Diagnostics` for a damaged one, and `StopRun`.
  package func changeInvitation(of participant: String, _ change: @escaping @Sendable (inout Invitation) -> Void) async throws {
    guard try await isInvited(participant) else { return }
    try await whileInvitationIsLocked(of: participant) { folder in
      _ = try folder.read(participant).map { try Self.changed($0, in: folder, change) }
    }
  }

  private func isInvited(_ participant: String) async throws -> Bool {
    let folder = InvitationFolder(folder)
    return try await onDisk { try folder.read(participant) != nil }
  }

  private static func changed<Value>(_ invitation: Invitation, in folder: InvitationFolder, _ change: (inout Invitation) -> Value) throws -> Value {
    var next = invitation
    let value = change(&next)
    guard next != invitation else { return value }
    try folder.put(next)
    try folder.synchronize()
    return value
  }

  /// Removes the participant's invitation; durable when it returns. Returns whether there was one. Throws `StopRun`.
  @discardableResult package func removeInvitation(of participant: String) async throws -> Bool {
    let folder = folder
    guard try await onDisk({ try folder.fileSystem.status(InvitationFolder(folder).path) != nil }) else { return false }
    return try await whileInvitationIsLocked(of: participant) { try $0.remove(participant) }
  }

  private func whileInvitationIsLocked<Value: Sendable>(
    of participant: String, _ body: @escaping @Sendable (InvitationFolder) throws -> Value
  ) async throws -> Value {
    let folder = InvitationFolder(folder)
    while true {
      if let done = try await onDisk({ try folder.whileLocked(participant) { InvitationWork(value: try body(folder)) } }) { return done.value }
      // Another process writes one small file.
      await time.sleep(for: .milliseconds(20))
    }
  }

  /// The public URL under which the consent pages of this batch are served, as the server said it last; nil if it has not. Throws `StopRun`.
  package func publicURL() async throws -> String? {
    let folder = InvitationFolder(folder)
    return try await onDisk { try folder.publicURL() }
  }

  package func put(publicURL: String) async throws {
    let folder = InvitationFolder(folder)
    try await onDisk { try folder.put(publicURL: publicURL) }
  }
}

/// Tells a value that may be nil from a lock that was not taken.
private struct InvitationWork<Value: Sendable>: Sendable { var value: Value }
