import FlowCore
import StudyModel

extension ParticipantFile {
  /// The first file of a participant. Without a refresh token it needs consent.
  /// Throws `Diagnostics` for what no participant file may hold; `path` is for their messages.
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

  /// Takes over what a table says of the participant, and keeps what it does not speak of. A refresh token that the table did not bring
  /// before is a new consent, and what was noted of the old one is void. One that it brought before may be used up by now: it is passed
  /// over, and the one in the file stays.
  package mutating func update(from enrolment: Enrolment) {
    if let token = enrolment.refreshToken, token != self.token.refreshToken {
      let digest = TokenRecord.digest(token)
      if digest != importedTokenDigest { self.token = TokenRecord(refreshToken: token) }
      importedTokenDigest = digest
    }
    if enrolment.enrolled != enrolled {
      enrolled = enrolment.enrolled
      // Earlier data are wanted from now on, or none before the new start: the next run moves it on from there.
      previousSync = enrolment.enrolled
    }
    zone = enrolment.zone ?? zone
    oauthType = enrolment.oauthType ?? oauthType
    legacyID = enrolment.legacyID ?? legacyID
  }
}

extension ParticipantStore {
  /// How a participant of a table stands to the batch.
  package enum EnrolmentJudgement: Sendable, Equatable {
    case new
    /// Its file says what the table says.
    case same
    /// Its file says something else in these columns.
    case differs([String])
    /// What the line says of the account is another participant's: the column, and whose.
    case taken(column: String, by: String)
    /// Its file cannot be read, or is of the other kind (simulated, real).
    case problem(Diagnostic)
  }

  /// Holds a table against the batch, without locks; in the table's order. A folder that is absent has nobody.
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
  /// The columns of a table that say something else than the file.
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

/// Who of a batch has which account, for a table that may bring it a second time.
private struct EnrolmentClaims {
  private var tokens: [String: String] = [:]
  private var accounts: [String: String] = [:]

  /// Reads every file; one that cannot be read claims nothing.
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
