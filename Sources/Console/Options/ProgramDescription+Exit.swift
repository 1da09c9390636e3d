import Platform

extension ProgramDescription {
    /// Parses a command line; answers `--help` and `--version` and ends then, and ends with status 64 when it is wrong.
    ///
    /// - Parameter arguments: Without the name of the program.
    public func parseOrExit(_ arguments: some Sequence<String>) -> ParsedCommandLine {
        let line: ParsedCommandLine
        do throws(UsageError) {
            line = try parse(arguments)
        } catch {
            exit(with: error)
        }
        if line.has("help") {
            StandardStreams.write(help)
            ExitStatus.success.exit()
        }
        if line.has("version") {
            StandardStreams.write("\(name) (Shisa) \(ShisaVersion.text)\n")
            ExitStatus.success.exit()
        }
        return line
    }

    /// Says what is wrong with the command line, and ends with status 64.
    public func exit(with error: UsageError) -> Never {
        StandardStreams.complain(complaint(error))
        ExitStatus.usage.exit()
    }
}
