/// Where a run keeps what outlasts it: the option `--state`.
package struct RunStateFolder: Sendable {
  package var path: String
  package init(path: String) { self.path = path }
}
