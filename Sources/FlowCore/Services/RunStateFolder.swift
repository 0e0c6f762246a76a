/// Where a run keeps what outlasts it: the option `--state`.
package struct RunStateFolder: Sendable {
  package var path: String
  /// The flow's name, because several flows may share the folder; empty where no flow runs.
  package var flow: String

  package init(path: String, flow: String = "") {
    self.path = path
    self.flow = flow
  }
}
