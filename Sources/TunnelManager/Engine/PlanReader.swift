/// How a worker comes by the plan in force. Belongs to one thread.
///
/// A plan that was replaced is dropped by the control thread, never by a worker: to free the table of a million nodes would
/// hold its packets up.
struct PlanReader: ~Copyable {
    private let board: EngineBoard
    private let number: Int
    private var generation = -1
    private(set) var plan = EnginePlan.empty

    init(_ board: EngineBoard) {
        self.board = board
        number = board.addReader()
    }

    /// Takes the plan in force, if it is another than the one before.
    ///
    /// - Parameter adopt: is told of both before the plan changes.
    /// - Returns: whether it was another.
    @discardableResult
    mutating func update(_ adopt: (_ new: EnginePlan, _ former: EnginePlan) -> Void) -> Bool {
        guard board.currentGeneration != generation else { return false }
        let taken = board.takePlan(asReader: number)
        adopt(taken.plan, plan)
        generation = taken.generation
        plan = taken.plan
        // Not before: now the board has the last reference.
        board.noteDropped(asReader: number)
        return true
    }
}
