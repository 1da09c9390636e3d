// MovementDetector
