import FlowCore
import StudyModel

extension ParticipantFile {
  /// Makes a new participant file. Without a refresh token the participant needs consent. Throws `Diagnostics` for
  /// values that a participant file must not contain; `path` is used in messages.
  package init(enrolling enrolment: Enrolment, isSimulated: Bool, path: String) throws(Diagnostics) {
    var document = JSONTree.object([
      JSONTree.Member("participant", .string(enrolment.participant)),
      JSONTree.Member("previous_sync", .string(enrolment.enrolled.text)),
      JSONTree.Member("enrolled", .string(enrolment.enrolled.text)),
    ])
    if let token = enrolment.refreshToken {
      document["refresh_token"] = .string(token)
      document[Self.importedToken] = .string(TokenRecord.digest(token))
    } else {
      document["token"] = .object([JSONTree.Member("state", .string(TokenState.needsConsent.rawValue))])
    }
    document["zone"] = enrolment.zone.map { .string($0) }
    document["legacy_id"] = enrolment.legacyID.map { .string($0) }
    document["oauth_type"] = enrolment.oauthType.map { .string($0) }
    if isSimulated { document["provider"] = .string(Self.simulator) }
    try self.init(document: document, participant: enrolment.participant, path: path)
  }

  /// Applies a table's line and keeps what it does not mention. A refresh token that differs from the last imported one
  /// is a new consent and voids the old token's state. A token that was imported before may have been rotated since: it
  /// is ignored, and the file's token stays.
  package mutating func update(from enrolment: Enrolment) {
    if let token = enrolment.refreshToken, token != self.token.refreshToken {
      let digest = TokenRecord.digest(token)
      if digest != importedTokenDigest { self.token = TokenRecord(refreshToken: token) }
      importedTokenDigest = digest
    }
    if enrolment.enrolled != enrolled {
      enrolled = enrolment.enrolled
      // A new start restarts collection there; the next run advances `previousSync` from it.
      previousSync = enrolment.enrolled
    }
    zone = enrolment.zone ?? zone
    oauthType = enrolment.oauthType ?? oauthType
    legacyID = enrolment.legacyID ?? legacyID
  }
}

extension ParticipantStore {
  /// How a line of a table relates to the batch.
  package enum EnrolmentJudgement: Sendable, Equatable {
    case new
    /// The participant file agrees with the table.
    case same
    /// The participant file differs in these columns.
    case differs([String])
    /// The column `column` identifies the account of participant `by`.
    case taken(column: String, by: String)
    /// The file cannot be read, or is of the other kind (simulated or real).
    case problem(Diagnostic)
  }

  /// Compares a table with the batch, without locks; results are in the table's order. A missing folder counts as
  /// empty.
  package func judge(_ enrolments: [Enrolment]) async throws -> [EnrolmentJudgement] {
    let folder = folder, filter = filter
    return try await onDisk {
      let claims = try EnrolmentClaims(folder)
      return try enrolments.map { enrolment in
        if let (column, participant) = claims.holder(of: enrolment) { return .taken(column: column, by: participant) }
        guard try folder.fileSystem.status(folder.path(of: enrolment.participant)) != nil else { return .new }
        do {
          let file = try folder.read(enrolment.participant)
          guard filter.admits(file.provider) else { return .problem(filter.mixedBatchProblem([file.participant], in: folder)) }
          let columns = file.differences(from: enrolment)
          return columns.isEmpty ? .same : .differs(columns)
        } catch let problems as Diagnostics {
          return .problem(problems.all[0])
        }
      }
    }
  }
}

extension ParticipantFile {
  /// The columns of a table that differ from the file.
  func differences(from enrolment: Enrolment) -> [String] {
    var updated = self
    updated.update(from: enrolment)
    typealias Column = EnrolmentTable.Column
    let columns: [(Column, Bool)] = [
      (.refreshToken, updated.token != token || updated.importedTokenDigest != importedTokenDigest),
      (.enrolled, updated.enrolled != enrolled), (.zone, updated.zone != zone), (.legacyID, updated.legacyID != legacyID),
      (.oauthType, updated.oauthType != oauthType),
    ]
    return columns.filter(\.1).map(\.0.rawValue)
  }
}

/// Which participant of a batch has which account, to detect a table that enrols an account twice.
private struct EnrolmentClaims {
  private var tokens: [String: String] = [:]
  private var accounts: [String: String] = [:]

  /// Reads every file; unreadable files are ignored.
  init(_ folder: ParticipantFolder) throws {
    guard try folder.fileSystem.status(folder.path) != nil else { return }
    var opening = BatchOpening(folder)
    for listing in try folder.list() where listing.problem == nil {
      guard case .success(let file) = try opening.open(listing.name), file.collection != .withdrawn else { continue }
      if !file.token.isAbsent { tokens[file.token.refreshTokenDigest] = file.participant }
      for account in [file.account, file.token.account, file.legacyID].compactMap({ $0 }) { accounts[account.lowercased()] = file.participant }
    }
  }

  func holder(of enrolment: Enrolment) -> (column: String, participant: String)? {
    let claims: [(EnrolmentTable.Column, String?)] = [
      (.refreshToken, enrolment.refreshToken.flatMap { tokens[TokenRecord.digest($0)] }),
      (.legacyID, enrolment.legacyID.flatMap { accounts[$0.lowercased()] }),
    ]
    return claims.lazy.compactMap { column, holder in
      guard let holder, holder != enrolment.participant else { return nil }
      return (column.rawValue, holder)
    }.first
  }
}
