import FlowCore

/// What stands around every page: name of the flow, navigation, session.
enum PageFrame {
  /// - Parameters:
  ///   - section: the page's address in the navigation; empty for none of it.
  ///   - study: the flow that the page is about.
  ///   - studies: all served flows.
  ///   - here: where signing in leads back to: path and query.
  static func values(
    title: String, section: String, _ study: StudyAccess, among studies: [StudyAccess], here: String, _ context: WebContext
  ) -> [String: Any] {
    let flow = study.flow.name, query = studies.count > 1 ? "?" + PercentEncoding.encode([("flow", flow)]) : ""
    let pages = [
      ("Study", "/"), ("Runs", "/runs"), ("Errors", "/errors"), ("Flow", "/flows/\(PercentEncoding.encode(flow))"), ("Schedule", "/schedule"), ("API", "/docs"),
    ]
    var values: [String: Any] = [
      "title": "\(title) · \(flow)", "flow": flow, "version": Version.text, "suffix": query, "here": PercentEncoding.encode(here),
      "has_flows": studies.count > 1, "simulated": study.flow.isSimulated,
      "flow_action": section.isEmpty || section.hasPrefix("/flows") ? "/" : section,
      "flows": studies.map { ["name": $0.flow.name, "chosen": $0.flow.name == flow] as [String: Any] },
      "nav": pages.map { name, path in
        let hasFlow = !path.hasPrefix("/flows") && path != "/schedule"
        return [
          "name": name, "href": path + (hasFlow ? query : ""), "current": path == section || section.hasPrefix("/flows") && path.hasPrefix("/flows"),
        ] as [String: Any]
      },
    ]
    if let token = context.csrfToken { values["csrf"] = token }
    return values
  }

  /// Around a page that is of no flow, or shown to somebody who may see none.
  static func values(title: String, hasFlows: Bool, _ context: WebContext) -> [String: Any] {
    let pages = [("Study", "/"), ("Runs", "/runs"), ("Errors", "/errors"), ("API", "/docs")]
    var values: [String: Any] = [
      "title": title, "flow": "flowrun", "version": Version.text, "suffix": "", "here": "%2F",
      "nav": pages.filter { hasFlows || $0.1 == "/docs" }.map { ["name": $0, "href": $1] },
    ]
    if let token = context.csrfToken { values["csrf"] = token }
    return values
  }
}
