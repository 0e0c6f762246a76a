import FlowCore

/// The FlowFiles of a session that are retried, each with everything that the session made from it (NiFi's rule).
struct RetriedFamilies {
  /// Why a family is retried.
  struct Reason {
    var relationship: String
    var failure: FlowFileFailure?
  }
  /// By the FlowFile that the session took.
  private var reasons: [FlowFileID: Reason] = [:]
  /// The parent of each FlowFile that the session created from another.
  private var parents: [FlowFileID: FlowFileID] = [:]

  init(_ session: ProcessSession, _ input: SessionInput, _ node: FlowTopology.Node) {
    guard let rule = node.retry else { return }
    let outgoing = session.dispositions.compactMap { disposition -> (FlowFile, String)? in
      guard case .transferred(let flowFile, let relationship) = disposition,
        let output = node.output(of: relationship), node.outputs[output].isRetried, flowFile.failure?.isLeftToOthers != true
      else { return nil }
      return (flowFile, relationship)
    }
    guard !outgoing.isEmpty else { return }
    // What joins several stays, so its parents cannot return.
    var joined: Set<FlowFileID> = []
    for created in session.created where created.otherParents.isEmpty { parents[created.flowFile.id] = created.parent?.id }
    for created in session.created where !created.otherParents.isEmpty {
      for parent in created.otherParents + [created.parent].compactMap({ $0 }) { joined.insert(root(of: parent.id)) }
    }
    for (flowFile, relationship) in outgoing {
      guard let taken = input.taken(root(of: flowFile.id)), taken.attempts + 1 < rule.attempts else { continue }
      // A failure from an earlier processor does not belong to this session.
      let failure = flowFile.failure == taken.flowFile.failure ? nil : flowFile.failure
      let root = taken.flowFile.id
      guard !joined.contains(root) else { continue }
      reasons[root] = reasons[root] ?? Reason(relationship: relationship, failure: failure)
    }
  }

  func contains(_ id: FlowFileID) -> Bool { !reasons.isEmpty && reasons[root(of: id)] != nil }

  func cause(for taken: TakenFlowFile) -> Reason? { reasons.isEmpty ? nil : reasons[taken.flowFile.id] }

  /// Whether nothing of the session is left to commit.
  func isEverything(of session: ProcessSession) -> Bool {
    !reasons.isEmpty
      && session.taken.allSatisfy { contains($0.id) } && session.created.allSatisfy { contains($0.flowFile.id) }
  }

  private func root(of id: FlowFileID) -> FlowFileID {
    var id = id
    while let parent = parents[id] { id = parent }
    return id
  }
}
