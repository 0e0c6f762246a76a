import FlowCore
import StudyModel

/// Ensures a live access token for the participant. The service owns the tokens; no token becomes an attribute.
package struct RefreshToken: Processor {
  static let provider = Property<ServiceReference>.required("provider", .service(.provider), "Provider that signs the participant's requests.")

  static let success = Relationship("success", "The participant has a live access token.")
  static let needsConsent = Relationship("needs_consent", "The provider refused the refresh token permanently: the participant must consent again.")
  static let inDoubt = Relationship("in_doubt", "There was no complete response: the next run tries the same token first.")
  static let failure = Relationship(Relationship.failureName, "Any other failure of this participant.")

  package static let descriptor = ProcessorDescriptor(
    type: "RefreshToken",
    summary: "Ensures a live access token; refreshes only when needed, durably before use.",
    properties: [PropertyDescriptor(provider)],
    relationships: [success, needsConsent, inDoubt, failure],
    reads: [AttributeDescriptor(AttributeName.participant, "Participant whose token is needed.")],
    concurrency: 64)

  private let authority: any TokenAuthority

  package init(_ configuration: ProcessorConfiguration) throws {
    authority = configuration.provider(Self.provider)
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    do {
      let participant = try flowFile.required(AttributeName.participant)
      try await session.waiting(for: "token endpoint") { try await authority.authorize(participant) }
      session.environment.participants.recordSuccess(participant, processorType: Self.descriptor.type)
      session.transfer(flowFile, to: Self.success)
    } catch let error as ProcessorError {
      switch error.failure.cause {
      case .needsConsent: session.transfer(flowFile, to: Self.needsConsent, because: error.failure)
      case .tokenInDoubt: session.transfer(flowFile, to: Self.inDoubt, because: error.failure)
      default: session.transfer(flowFile, to: Self.failure, because: error.failure)
      }
    }
  }
}
