package view

// StopMails is the page of a link that ends mails of notices.
type StopMails struct {
	Page
	Email   string // whose mails; empty: the link is nobody's
	Stopped bool
}
