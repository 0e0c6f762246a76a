// Importing the framework also imports its foundations: times, zones, text forms, locks.
@_exported import FlowBase
