// MobileRouter
